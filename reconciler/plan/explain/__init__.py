"""Explaining one record or property."""
