"""Manifest text becomes desired records."""
