"""Desired, live and state become a plan. Pure."""
