"""The request path: from a caller's bytes to a deployment's and back."""
