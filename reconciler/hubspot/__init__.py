"""HubSpot's API as HubSpot speaks it."""
