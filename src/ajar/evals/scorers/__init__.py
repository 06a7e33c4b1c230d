"""The scorers that a suite can name: one file each, found by `registry`."""
