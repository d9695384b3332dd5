"""The calls for associations: what is sent, read again, and settled."""
