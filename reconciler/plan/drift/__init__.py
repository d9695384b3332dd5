"""Drift: detecting it, who caused it, and accepting it into manifests."""
