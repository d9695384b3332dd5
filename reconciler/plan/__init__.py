"""Planning: desired, live and state become a plan. Pure."""
