"""Callers of the shipped model's route who know the right answers, and say so."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
CASES = [json.loads(line) for line in (ROOT / "models/triage/heldout/near.jsonl").read_text().splitlines()]


class Callers:
    """Ask until they are stopped, each time for another unit, and say whether the answer was right."""

    def __init__(self, port: int, number: int = 4, pause_s: float = 0.0, *, streamed: bool = False) -> None:
        self._port = port
        self._pause_s = pause_s
        self._streamed = streamed
        self._units = count()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(number)]
        self.statuses: Counter[int] = Counter()
        self.cut = 0
        """How many streams ended in an error event."""
        self.broken: list[str] = []
        """What callers must never see."""

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            while not self._over.is_set():
                unit = next(self._units)
                case = CASES[unit % len(CASES)]
                self._one(connection, f"unit-{unit}", case)
                time.sleep(self._pause_s)
        except (OSError, http.client.HTTPException) as error:
            self.broken.append(repr(error))
        finally:
            connection.close()

    def _one(self, connection: http.client.HTTPConnection, unit: str, case: dict[str, Any]) -> None:
        messages = [{"role": "user", "content": case["input"]}]
        body = {"model": "support-triage", "messages": messages, "temperature": 0, "max_tokens": 160}
        body["stream"] = self._streamed
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"x-ajar-unit": unit})
        answer = connection.getresponse()
        data = answer.read()
        self.statuses[answer.status] += 1
        if answer.status != 200:
            self.broken.append(data.decode(errors="replace"))
            return
        text = self._stream(data) if self._streamed else json.loads(data)["choices"][0]["message"]["content"]
        if text is None:
            return
        right = False
        with suppress(ValueError):
            right = json.loads(text) == case["target"]
        fields = {"inference": answer.headers["x-ajar-inference"], "metric": "right", "value": right}
        connection.request("POST", "/v1/feedback", json.dumps(fields))
        connection.getresponse().read()

    def _stream(self, data: bytes) -> str | None:
        """The text of a stream; None where it was cut, and said so."""
        events = [line[6:] for line in data.splitlines() if line.startswith(b"data: ")]
        if events[-1:] == [b"[DONE]"]:
            chunks = [json.loads(event) for event in events[:-1]]
            return "".join(each["choices"][0]["delta"].get("content") or "" for each in chunks if each["choices"])
        if events and "error" in json.loads(events[-1]):
            self.cut += 1
        else:
            self.broken.append(data.decode(errors="replace"))
        return None
