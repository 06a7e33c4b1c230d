"""The task: the intents, the fields of an answer and a message with its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass

INTENTS: tuple[str, ...] = (
    "order_status",
    "cancel_order",
    "refund",
    "exchange",
    "damaged_item",
    "billing",
    "change_delivery",
    "product_question",
)
KEYS: tuple[str, ...] = ("intent", "urgency", "order_id", "product", "date", "amount")
"""The fields of an answer in the order in which the models write them."""


@dataclass(frozen=True)
class Message:
    """One message, the answer it should get and the system turn before it, if any."""

    text: str
    expected: dict[str, str | None]
    system: str | None = None

    @property
    def answer(self) -> str:
        """The expected answer as the model should write it."""
        return json.dumps(self.expected, ensure_ascii=False)
