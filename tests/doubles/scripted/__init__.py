"""A model on loopback that follows a script, behind the API of each provider."""
