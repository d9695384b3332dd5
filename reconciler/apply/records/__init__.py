"""The calls for records: sending them, reading them again, and settling them."""
