"""The one layout of YAML files: blanks, line ends and indentation follow rules, all else stays."""
