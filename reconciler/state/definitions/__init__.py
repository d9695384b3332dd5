"""State of definitions."""
