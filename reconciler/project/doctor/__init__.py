"""Checking a project, its portal and its state; the project may be incomplete."""
