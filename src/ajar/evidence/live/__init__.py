"""Evidence that may be looked at at any time, while units keep coming. Pure."""
