"""A plan becomes outcomes."""
