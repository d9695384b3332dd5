"""Applying a plan: calls, outcomes, journal."""
