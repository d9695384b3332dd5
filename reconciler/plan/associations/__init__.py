"""Associations as a kind of change: endpoints, labels, comparison, rollback."""
