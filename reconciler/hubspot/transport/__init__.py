"""One HTTP call to HubSpot: connection, rate limit, retries, maximum size and shape of the answer."""
