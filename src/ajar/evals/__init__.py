"""Proof before: suites, scorers, runs, gates and reports."""
