"""HubSpot's API: reading and writing, in HubSpot's own terms."""
