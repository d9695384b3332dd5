"""A project: its settings, files and private folder. It does not depend on the command line."""
