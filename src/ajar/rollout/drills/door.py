"""Before a drill asks anything: does the service know the route, its deployments and a key that may do this?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from ajar.errors import ConfigError, StateError
from ajar.evals.answer import Answer
from ajar.rollout.drills.asker import DrillAsker
from ajar.rollout.drills.question import Way
from ajar.rollout.drills.unanswered import Unanswered
from ajar.upstream.client import Client

if TYPE_CHECKING:
    from ajar.evals.run.miss import Miss
    from ajar.evals.run.target import Target
    from ajar.rollout.drills.loss import Loss

_TIMEOUT_S: Final = 30.0


def knock(target: Target, loss: Loss) -> None:
    """Ask the route with all of its deployments forbidden: whoever may do that is told that nobody is left.

    Nothing goes upstream, and nothing is paid. Raises ConfigError or StateError: who must do what.
    """
    said = asyncio.run(_asked(target, loss))
    if isinstance(said, Answer):
        told = f"`{said.deployment}` answers there too" if said.deployment else "what answers there is no Ajar"
        raise StateError(
            f"{target.base_url}: route `{loss.route}` is another one than in this config, for {told}: name the config "
            "that is served (--config), or see to the address (--base-url)"
        )
    if not isinstance(said, Unanswered):
        raise _refused(target, said)
    if said.failure.code == "timeout":
        raise StateError(f"{target.base_url} does not answer within {_TIMEOUT_S:g} s")


async def _asked(target: Target, loss: Loss) -> Answer | Miss:
    body = {"model": loss.route, "messages": [{"role": "user", "content": "drill"}], "max_tokens": 1}
    client = Client()
    try:
        asker = DrillAsker(client, target, Way("openai-chat", False), (*loss.lost, *loss.left), _TIMEOUT_S)
        return await asker.ask(msgspec.json.encode(body))
    finally:
        await client.close()


def _refused(target: Target, miss: Miss) -> ConfigError | StateError:
    code, said = miss.failure.code, miss.failure.message.rstrip(".")
    where = f"{target.base_url}: {said}"
    if code == "upstream_401":
        return ConfigError([f"{where}; give one with --api-key env:NAME"])
    if code == "upstream_403":
        return ConfigError([f"{where}: `ajar key create NAME --direct` makes one; give it with --api-key env:NAME"])
    if code == "connect_failed":
        return StateError(f"{where}. Start it with `ajar serve`, or name its address with --base-url")
    if code in ("upstream_400", "upstream_404"):
        return StateError(f"{where}. The config that is served is another than this one: see to --config, --base-url")
    return StateError(f"{where} ({code})")
