"""Notices to a webhook, when the condition of an environment changes."""
