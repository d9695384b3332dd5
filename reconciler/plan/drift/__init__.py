"""Drift: detecting it, its authors, and accepting it into manifests."""
