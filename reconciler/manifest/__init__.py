"""Manifests: reading YAML and tables into desired records."""
