"""Probes: they find out undocumented behaviour of HubSpot by calls to a test account."""
