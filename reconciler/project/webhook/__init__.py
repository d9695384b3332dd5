"""Sending notices to a webhook when a condition of an environment changes."""
