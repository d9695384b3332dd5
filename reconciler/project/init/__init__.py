"""Creating a project folder."""
