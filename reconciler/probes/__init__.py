"""Questions to a portal about undocumented behaviour of HubSpot, each answered by calls."""
