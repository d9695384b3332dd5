"""Property values: resolving, comparing, and writing them into manifests."""
