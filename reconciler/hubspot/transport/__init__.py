"""One call: connection, rate limit, retries, response limits, and the shape of answers."""
