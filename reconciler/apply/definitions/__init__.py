"""Applying changes of definitions: sending calls, reading definitions again, settling open changes."""
