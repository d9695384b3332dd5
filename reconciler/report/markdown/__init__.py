"""Markdown for comments and job summaries."""
