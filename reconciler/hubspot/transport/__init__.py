"""One call of HubSpot: connection, rate limit, retries, limits of answers, and the shape of answers."""
