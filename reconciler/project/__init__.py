"""A project: settings, files and its private folder. Independent of the command line."""
