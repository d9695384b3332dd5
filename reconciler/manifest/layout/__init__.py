"""The standard layout of YAML files (``fmt``): only blanks, line ends and indentation change."""
