"""The state: ownership and journal, in one database."""
