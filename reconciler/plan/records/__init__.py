"""Records as a kind: identity, comparison, pruning, calls, rollback."""
