"""Definitions of the portal in manifests: reading, merging and writing them."""
