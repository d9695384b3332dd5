"""Applying changes of records: sending calls, reading records again, settling open changes."""
