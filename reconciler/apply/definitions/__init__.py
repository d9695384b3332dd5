"""The calls for definitions: what is sent, read again, and settled."""
