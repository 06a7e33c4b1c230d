"""Suites of other tools, as suites of Ajar's: what is carried is exact, and what is not is said."""

from __future__ import annotations

from ajar.evals.importers.imported import Imported
from ajar.evals.importers.registry import NAMES, read

__all__ = ["NAMES", "Imported", "read"]
