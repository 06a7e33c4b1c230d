"""What happened: the journal of inferences, its Parquet files, queries over both, and shared metrics."""
