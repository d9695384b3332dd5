"""Recovery after a crash: settling open batches by reading the portal."""
