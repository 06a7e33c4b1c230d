"""A GGUF under xllamacpp in a child process, and greedy answers from it. No torch needed."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

_CHILD = """
import json, sys
import xllamacpp
settings = json.loads(sys.argv[1])
params = xllamacpp.CommonParams()
params.model.path = settings["path"]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_parallel = settings["slots"]
params.n_ctx = settings["context"] * settings["slots"]
params.kv_unified = False
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.ui = False
params.cache_ram_mib = 0
params.fit_params = False
params.n_ctx_checkpoints = 0
params.offline = True
params.verbosity = 1
params.warmup = False
server = xllamacpp.Server(params)
print("READY " + json.dumps({"address": server.listening_address}), flush=True)
sys.stdin.read()
"""


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """A greedy answer: its text, its token ids and why it ended."""

    text: str
    tokens: list[int]
    ended: bool


class Served:
    """A context manager: the model answers while inside, the child is gone after."""

    def __init__(self, path: Path, slots: int = 4, context: int = 512) -> None:
        settings = {"path": str(path), "slots": slots, "context": context}
        self._arguments = [sys.executable, "-c", _CHILD, json.dumps(settings)]
        self._slots = slots

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("READY "):
                self.address: str = json.loads(line.removeprefix("READY "))["address"]
                return self
        raise RuntimeError(f"the model did not start (exit status {self._process.wait()})")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def call(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """One JSON request to the child."""
        request = urllib.request.Request(
            f"{self.address}{route}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with _DIRECT.open(request, timeout=120) as reply:
            found: dict[str, Any] = json.load(reply)
        return found

    def answer(self, message: str) -> Answer:
        """The greedy answer to a plain user message, through the model's own chat template."""
        turns = {"messages": [{"role": "user", "content": message}]}
        prompt = self.call("/apply-template", turns)["prompt"]
        body = {"prompt": prompt, "temperature": 0.0, "n_predict": 160, "return_tokens": True}
        reply = self.call("/completion", body | {"cache_prompt": False})
        return Answer(reply["content"], reply["tokens"], reply["stop_type"] == "eos")

    def answers(self, messages: Sequence[str]) -> list[Answer]:
        """Greedy answers to many messages, a few at a time, in their order."""
        with ThreadPoolExecutor(self._slots) as pool:
            return list(pool.map(self.answer, messages))
