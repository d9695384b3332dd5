"""State in refs of a git repository."""
