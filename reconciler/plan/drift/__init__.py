"""Detecting drift, finding its authors, and accepting drift into manifests."""
