"""Making a project folder."""
