"""Anthropic Messages: what callers may speak and deployments may answer in."""
