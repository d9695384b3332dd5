"""Pictures of a plan for the documentation: on a terminal, as a comment, and as a page."""
