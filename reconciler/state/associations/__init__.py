"""State of associations."""
