"""YAML text as nodes with file, line and column."""
