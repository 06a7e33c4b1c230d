"""LiteLLM's proxy, with a master key and one model, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peers import peers
from program import Program
from subject import Identity, Subject

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """
model_list:
  - model_name: bench
    litellm_params:
      model: openai/bench-model
      api_base: http://127.0.0.1:{upstream}/v1
      api_key: bench
general_settings:
  master_key: sk-bench
litellm_settings:
  telemetry: false
"""
_ENV = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "LITELLM_LOG": "ERROR"}


class LiteLLM(Subject):
    """One worker of the proxy server."""

    name = "litellm"
    title = "LiteLLM proxy"
    streams = 3
    rate = 20
    held_pace_ms = 10_000
    ramp_s = 0.5
    start_s = 90

    @classmethod
    def missing(cls) -> str | None:
        return None if peers()[cls.name].installed else "not installed (make bench-peers)"

    @property
    def version(self) -> str:
        return peers()[self.name].version

    def launch(self, room: Path, upstream: int) -> Program:
        config = room / "litellm.yaml"
        config.write_text(_CONFIG.format(upstream=upstream))
        binary = peers()[self.name].home / "bin/litellm"
        options = ["--config", str(config), "--host", "127.0.0.1", "--port", str(self.port), "--num_workers", "1"]
        return Program([str(binary), *options], room / "log", _ENV, cwd=room)

    def identities(self) -> list[Identity]:
        return [Identity("bench", {"authorization": "Bearer sk-bench"})]
