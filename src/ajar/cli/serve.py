"""`ajar serve`: run the service until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ajar.cli.reading import config_option, read
from ajar.config.load import Loaded, find
from ajar.config.overlay import in_order

if TYPE_CHECKING:
    from ajar.supervisor.supervisor import Ready

_TRIAGE = "My order #48213 arrived with a cracked lid, please send the money back"
_BOARD_BYTES = 4 * 1024 * 1024
_ROUTE_BYTES = 1024  # a route's counters and two histograms
_ANY = "Say hello in one short sentence."


@click.command()
@config_option
@click.option("--host", help="Listen on this address instead of server.host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen on this port instead of server.port (0: any free).")
@click.option("--workers", type=click.IntRange(1, 256), help="Gateway processes, instead of server.workers.")
@click.option("--state-dir", metavar="PATH", help="Keep keys and traffic here instead of in server.state_dir.")
def serve(config: Path | None, **overrides: str | int | None) -> None:
    """Serve the routes of the config, with the runtimes that it asks for, until Ctrl-C."""
    from ajar.store.keys import KeyFile
    from ajar.supervisor.supervisor import Parts, supervise
    from ajar.traffic.board import Board
    from ajar.traffic.health import HealthFile
    from ajar.traffic.marks import Marks

    began = time.monotonic()
    path = find(config)

    def load() -> Loaded:
        return _overridden(
            read(path, os.environ), {name: value for name, value in overrides.items() if value is not None}
        )

    def on_ready(ready: Ready) -> None:
        click.echo(welcome(ready, time.monotonic() - began))

    loaded = load()
    state_dir = Path(loaded.config.server.state_dir).absolute()
    keys = KeyFile(state_dir)
    make_board = partial(Board.create, region_bytes=_BOARD_BYTES + _ROUTE_BYTES * len(loaded.config.routes))
    parts = Parts(
        loaded=loaded,
        load=load,
        state_dir=state_dir,
        keys=keys,
        keys_path=keys.path,
        make_board=make_board,
        make_health=HealthFile.create,
        make_marks=Marks.create,
    )
    asyncio.run(supervise(parts, on_ready))


def _overridden(loaded: Loaded, overrides: dict[str, Any]) -> Loaded:
    """With the command line's word, where it said any, above the file's."""
    said = {name: value for name, value in overrides.items() if value is not None}
    server = msgspec.structs.replace(loaded.config.server, **said)
    return msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, server=server))


def welcome(ready: Ready, seconds: float) -> str:
    """The ready line, and what to paste for a first answer."""
    from ajar.supervisor.listen import reachable

    config = ready.loaded.config
    url = f"http://{reachable(config.server.host)}:{ready.port}/v1"
    plans = {name: in_order(route, ready.revisions.get(name)) for name, route in config.routes.items()}
    down = [name for name, plan in plans.items() if ready.failed.keys() >= set(plan)]
    if len(down) == len(config.routes):
        return f"started  {url}  but NO route can be answered yet: {', '.join(down)}; the log above says why\n"
    name, plan = next((name, plan) for name, plan in plans.items() if name not in down)
    model = next(config.deployments[one].model for one in plan if one not in ready.failed)
    more = f" and {len(config.routes) - 1} more" if len(config.routes) > 1 else ""
    if down:
        more += f" (DOWN: {', '.join(down)})"
    words = _TRIAGE if "triage" in name or "triage" in model else _ANY
    body: dict[str, Any] = {"model": name, "messages": [{"role": "user", "content": words}]}
    return "\n".join(
        (
            f"ready  {url}  route {name} → {model}{more}  in {seconds:.1f} s",
            "",
            _curl(url, body, ready.keyless),
            "",
            _python(url, body, ready.keyless),
            "",
        )
    )


def _curl(url: str, body: dict[str, Any], keyless: bool) -> str:
    key = "" if keyless else ' -H "authorization: Bearer $AJAR_API_KEY"'
    return (
        f"curl {url}/chat/completions -H 'content-type: application/json'{key} \\\n"
        f"  -d {shlex.quote(json.dumps(body, ensure_ascii=False))}"
    )


def _python(url: str, body: dict[str, Any], keyless: bool) -> str:
    key = '"none"' if keyless else 'os.environ["AJAR_API_KEY"]'
    lines = ([] if keyless else ["import os"]) + [
        "from openai import OpenAI  # pip install openai",
        f"client = OpenAI(base_url={json.dumps(url)}, api_key={key})",
        "answer = client.chat.completions.create(",
        f"    model={json.dumps(body['model'], ensure_ascii=False)},",
        f"    messages={json.dumps(body['messages'], ensure_ascii=False)},",
        ")",
        "print(answer.choices[0].message.content)",
    ]
    return "\n".join(lines)
