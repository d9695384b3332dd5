"""Rehearsing a plan: what its copy of the portal needs, and what is found on the way."""
