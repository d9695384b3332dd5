"""What we remember, in one database."""
