"""Questions to a portal about what HubSpot does not document, each answered by calls."""
