"""Importing promptfoo's configuration files."""
