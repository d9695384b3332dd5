"""Tables as sources of records: CSV, Parquet and JSON lines, read as rows sorted by key."""
