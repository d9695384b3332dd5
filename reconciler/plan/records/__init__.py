"""Records as a kind of change: identity, comparison, pruning, calls, rollback."""
