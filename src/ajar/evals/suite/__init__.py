"""Suites as people write them: reading, checking and writing the files."""
