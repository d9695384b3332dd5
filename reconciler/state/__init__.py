"""The state: ownership, journal and lock, in a database or a git repository."""
