"""A project folder: settings, files, private folder. Knows no command line."""
