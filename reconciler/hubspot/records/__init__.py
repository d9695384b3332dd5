"""Reading and writing records in batches."""
