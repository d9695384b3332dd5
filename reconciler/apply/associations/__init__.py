"""The calls for associations: sending them, reading them again, and settling them."""
