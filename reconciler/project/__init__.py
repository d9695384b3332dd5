"""A project: its settings, files and private folder. This package imports nothing from ``cli``."""
