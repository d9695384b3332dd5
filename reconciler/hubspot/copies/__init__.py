"""Reading for a copy of a portal: definitions and records as HubSpot sends them."""
