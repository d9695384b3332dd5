"""A small HubSpot for development and tests, made from HubSpot's documentation alone."""
