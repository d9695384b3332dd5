"""YAML text becomes nodes that know their file, line and column."""
