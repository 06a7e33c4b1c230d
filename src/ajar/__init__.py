"""Ajar: open-weight models and closed model APIs behind one endpoint, swappable with proof."""

__version__ = "0.1.0"
