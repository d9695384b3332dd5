"""The calls for definitions: sending them, reading them again, and settling them."""
