"""The part of the state that is about definitions."""
