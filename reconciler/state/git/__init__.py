"""Keeping state in refs of a git repository."""
