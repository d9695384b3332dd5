"""The calls for records: what is sent, read again, and settled."""
