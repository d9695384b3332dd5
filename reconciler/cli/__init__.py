"""Flags become calls, text and exit codes."""
