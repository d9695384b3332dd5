"""Checking a project, its portal and its state, before and after it is complete."""
