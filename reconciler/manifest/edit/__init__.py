"""Edits of manifests and CSV files that leave all other text as it is."""
