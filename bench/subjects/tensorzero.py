"""TensorZero's gateway as its Python wheel embeds it: the Rust HTTP server runs in threads of a small Python process.

The process does nothing but wait, so its CPU is the gateway's. Observability is off, since it needs ClickHouse: the
gateway records nothing in this form.
"""

from __future__ import annotations

from pathlib import Path

from peers import peers
from program import Program
from subject import Identity, Subject

_HOST = Path(__file__).resolve().parent.parent / "tensorzero_host.py"
_CONFIG = """
[gateway]
observability.enabled = false

[models.bench]
routing = ["mock"]

[models.bench.providers.mock]
type = "openai"
api_base = "http://127.0.0.1:{upstream}/v1/"
model_name = "bench-model"
api_key_location = "none"
"""


class TensorZero(Subject):
    """The gateway's OpenAI-compatible endpoint."""

    name = "tensorzero"
    title = "TensorZero (embedded gateway)"
    path = "/openai/v1/chat/completions"

    @classmethod
    def missing(cls) -> str | None:
        return None if peers()[cls.name].installed else "not installed (make bench-peers)"

    @property
    def version(self) -> str:
        return peers()[self.name].version

    def launch(self, room: Path, upstream: int) -> Program:
        config = room / "tensorzero.toml"
        config.write_text(_CONFIG.format(upstream=upstream))
        python = peers()[self.name].home / "bin/python"
        program = Program([str(python), str(_HOST), str(config)], room / "log", cwd=room, talks=True)
        self.port = program.hear()["port"]
        return program

    def identities(self) -> list[Identity]:
        return [Identity("tensorzero::model_name::bench", {})]
