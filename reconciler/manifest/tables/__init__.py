"""Tables as sources of records: CSV, Parquet and JSON lines become rows sorted by key."""
