"""`ajar eval` and its commands."""
