"""Words that several modules of this format must agree on."""

from __future__ import annotations

BESIDE = "[]"
"""In the `rest` of a tool or a response format: the unknown fields beside its inner object, which hold no such key."""
