"""Property values: resolving, comparing, and writing them as manifests do."""
