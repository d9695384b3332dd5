"""Rehearsing a plan: reading the parts of the portal that it needs, and finding collisions in them."""
