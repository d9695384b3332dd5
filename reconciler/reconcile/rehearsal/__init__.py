"""Rehearsing a plan: reading the needed copy of the portal, and finding collisions while reading."""
