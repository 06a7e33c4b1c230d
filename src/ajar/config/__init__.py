"""What the user wrote: ajar.toml, read strictly into values."""
