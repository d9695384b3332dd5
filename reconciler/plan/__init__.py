"""Planning: comparing manifests, live values and the state makes a plan. Pure."""
