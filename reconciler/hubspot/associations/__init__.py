"""Reading and writing associations in batches."""
