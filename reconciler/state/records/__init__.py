"""State of records."""
