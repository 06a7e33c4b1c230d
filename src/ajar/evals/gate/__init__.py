"""Gates: what has to hold before a swap, and whether it does."""
