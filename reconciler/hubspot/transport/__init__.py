"""One call: connection, rate limit, retries, bounds, and the shape of answers."""
