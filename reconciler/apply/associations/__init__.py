"""Applying changes of associations: sending calls, reading associations again, settling open changes."""
