"""Drills: a route rehearses the loss of a deployment, or of all that a provider has on it."""
