"""`ajar serve` as a newcomer starts it, with the real worker and the shipped models."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.cli.serve import welcome
from ajar.config.load import load, parse
from ajar.config.revision import Revision, table_digest
from ajar.store.keys import KeyFile
from ajar.supervisor.supervisor import Ready
from conftest import require
from supervisor.served import Serve, alive, environment, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = ["intent", "urgency", "order_id", "product", "date", "amount"]
COMMAND = [sys.executable, "-c", "import sys; from ajar.cli.main import main; sys.exit(main())", "serve"]


@pytest.fixture
def ajar_serve(make_serve: Callable[..., Serve]) -> Serve:
    """The real one in an empty folder, on a free port."""
    serve = make_serve()
    serve.command = [*COMMAND, "--port", "0", "--state-dir", str(serve.state)]
    return serve


def _shown(serve: Serve) -> tuple[str, str, str]:
    """Start it; the ready line, the curl snippet and the Python snippet."""
    serve.start()
    ready = serve.first_line()
    found = re.match(r"ready  http://127\.0\.0\.1:(\d+)/v1  route ", ready)
    assert found, ready
    serve.port = int(found[1])
    curl, python = serve.printed(end="print(answer.choices[0].message.content)").strip().split("\n\n")
    return ready, curl, python


def _paste(command: list[str], env: dict[str, str]) -> str:
    direct = {name: value for name, value in environment().items() if "proxy" not in name.lower()}
    done = subprocess.run(command, env={**direct, **env}, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _answer(curl: str, **env: str) -> list[str]:
    """The keys of the triage that the curl snippet prints."""
    require(shutil.which("curl"), "curl")
    answer = json.loads(_paste(["bash", "-c", curl], env))
    return list(json.loads(answer["choices"][0]["message"]["content"]))


def test_a_newcomer_gets_an_answer_by_pasting(ajar_serve: Serve) -> None:
    began = time.monotonic()
    ready, curl, python = _shown(ajar_serve)
    assert time.monotonic() - began < 3
    assert "route support-triage → ajar-triage-v2  in " in ready
    assert _answer(curl) == KEYS
    assert list(json.loads(_paste([sys.executable, "-c", python], {}))) == KEYS
    assert ajar_serve.log() == ""


def test_with_keys_the_snippets_use_the_callers(ajar_serve: Serve) -> None:
    _, secret = KeyFile(ajar_serve.state).create("newcomer", direct=False)
    _, curl, _ = _shown(ajar_serve)
    assert "$AJAR_API_KEY" in curl
    assert _answer(curl, AJAR_API_KEY=secret) == KEYS
    assert "error" in json.loads(_paste(["bash", "-c", curl], {"AJAR_API_KEY": "wrong"}))


def test_ctrl_c_leaves_nothing_behind(ajar_serve: Serve) -> None:
    _shown(ajar_serve)
    children = eventually(lambda: len(found := ajar_serve.children()) == 4 and found)
    began = time.monotonic()
    ajar_serve.signal(signal.SIGINT)
    assert ajar_serve.wait(5) == 0
    assert time.monotonic() - began < 3
    assert not any(map(alive, children))
    assert ajar_serve.log() == ""


@pytest.mark.parametrize("hanging", [False, True])
def test_kill_9_leaves_nothing_behind(ajar_serve: Serve, hanging: bool) -> None:
    _shown(ajar_serve)
    children = eventually(lambda: len(found := ajar_serve.children()) == 4 and found)
    if hanging:
        eventually(lambda: ajar_serve.status("/healthz") == 200)
        time.sleep(0.5)  # a child that has just begun has not yet asked to die with its parent
        for child in children:
            os.kill(child, signal.SIGSTOP)
    ajar_serve.signal(signal.SIGKILL)
    ajar_serve.wait(2)
    eventually(lambda: not any(map(alive, children)), within_s=3)


@pytest.mark.parametrize("program", ["ajar.gateway.worker", "ajar.runtimes.llama_cpp", "ajar.steward.main"])
def test_whatever_child_dies_it_serves_again(ajar_serve: Serve, program: str) -> None:
    _shown(ajar_serve)
    killed = eventually(lambda: ajar_serve.children(program))
    for child in killed:
        os.kill(child, signal.SIGKILL)
    eventually(lambda: len(set(ajar_serve.children(program)) - set(killed)) == len(killed))
    eventually(lambda: ajar_serve.status("/readyz") == 200)


def test_a_corrupt_model_does_not_take_it_down(ajar_serve: Serve) -> None:
    shutil.copy(Path(__file__), ajar_serve.folder / "corrupt.gguf")
    ajar_serve.replace(
        """
[deployments.corrupt]
runtime = "llama.cpp"
model = "corrupt.gguf"
[deployments.good]
runtime = "llama.cpp"
model = "ajar-triage-v1"
[routes.support-triage]
primary = "corrupt"
fallback = ["good"]
"""
    )
    _, curl, _ = _shown(ajar_serve)
    assert "deployment corrupt is NOT up: llama.cpp could not load" in ajar_serve.log()
    assert _answer(curl) == KEYS


def test_where_no_route_can_be_answered_it_does_not_say_ready(ajar_serve: Serve) -> None:
    shutil.copy(Path(__file__), ajar_serve.folder / "corrupt.gguf")
    ajar_serve.replace(
        """
[deployments.corrupt]
runtime = "llama.cpp"
model = "corrupt.gguf"
[routes.r]
primary = "corrupt"
"""
    )
    ajar_serve.start()
    assert "but NO route can be answered yet: r" in ajar_serve.first_line()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("ajar-triage-v9", 'ajar.toml:3: deployments.a.model: no model is called "ajar-triage-v9"; did you mean'),
        ("gone.gguf", "there is no file"),
    ],
)
def test_a_model_that_is_not_there_stops_the_start(ajar_serve: Serve, model: str, said: str) -> None:
    ajar_serve.replace(f'[deployments.a]\nruntime = "llama.cpp"\nmodel = "{model}"\n[routes.r]\nprimary = "a"\n')
    ajar_serve.start()
    assert ajar_serve.wait(5) == 3
    assert said in ajar_serve.log()


def test_the_command_line_has_the_last_word(ajar_serve: Serve) -> None:
    ajar_serve.replace(
        '[server]\nhost = "192.0.2.7"\nport = 1\nworkers = 9\nstate_dir = "/dev/null/x"\n'
        '[deployments.a]\nprovider = "openai-compatible"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
        '[routes.r]\nprimary = "a"\n'
    )
    ajar_serve.command += ["--host", "localhost", "--workers", "2"]
    ajar_serve.start()
    assert ajar_serve.first_line().startswith("ready  http://localhost:")
    assert len(ajar_serve.children("ajar.gateway.worker")) == 2


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("box", "box")],
)
def test_the_ready_line_names_an_address_that_can_be_reached(host: str, url: str) -> None:
    loaded = load(None)
    server = msgspec.structs.replace(loaded.config.server, host=host)
    loaded = msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, server=server))
    first = welcome(Ready(4000, loaded, True, {}), 1.23).splitlines()[0]
    assert first == f"ready  http://{url}:4000/v1  route support-triage → ajar-triage-v2  in 1.2 s"


def test_the_ready_line_names_the_model_that_a_revision_put_in_force() -> None:
    loaded = load(None)
    base = table_digest(loaded.config.routes["support-triage"])
    one = Revision(route="support-triage", number=1, base=base, time=1, by="me", why="so", primary="triage-v1")
    first = welcome(Ready(4000, loaded, True, {}, {"support-triage": one}), 1).splitlines()[0]
    assert "route support-triage → ajar-triage-v1 " in first


def test_many_routes_take_one_line() -> None:
    routes = "".join(f'[routes."it\'s-{number}"]\nprimary = "a"\n' for number in range(3)).replace("'", "")
    config = parse(f'[deployments.a]\nprovider = "openai"\nmodel = "gpt"\n{routes}', "ajar.toml")
    text = welcome(Ready(1, msgspec.structs.replace(load(None), config=config), False, {}), 0.5)
    assert text.splitlines()[0] == "ready  http://127.0.0.1:1/v1  route its-0 → gpt and 2 more  in 0.5 s"
    assert 'api_key=os.environ["AJAR_API_KEY"]' in text
    assert sum(line.startswith("ready") for line in text.splitlines()) == 1
