"""Rehearsing a plan: reading its copy of the portal, and findings on the way."""
