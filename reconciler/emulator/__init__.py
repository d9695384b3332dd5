"""A small HubSpot for development and tests, written only from HubSpot's documentation."""
