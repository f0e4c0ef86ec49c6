"""The store: a directory with a ledger (SQLite, the truth) and Parquet parts (a projection)."""
