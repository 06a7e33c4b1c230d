"""The background process: it moves the journal into Parquet, and looks after rollouts."""
