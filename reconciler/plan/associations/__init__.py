"""Associations as a kind: endpoints, labels, comparison, rollback."""
