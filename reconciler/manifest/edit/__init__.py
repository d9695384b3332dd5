"""Edits of manifests: they replace single values and keep every other byte."""
