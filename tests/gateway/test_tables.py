"""A snapshot made ready for requests."""

from __future__ import annotations

from array import array
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from ajar.config.model import Config
from ajar.config.revision import Revision
from ajar.config.snapshot import Snapshot, config_hash
from ajar.gateway.door import Doors
from ajar.gateway.health import Health
from ajar.gateway.tables import Tables, build
from ajar.traffic.cells import Cell
from ajar.traffic.health import HealthFile
from ajar.upstream.origin import Origin
from ajar.upstream.providers import providers
from ajar.upstream.wallet import Wallet


def doors_of(state: Path, *names: str) -> Doors:
    """The doors of a worker that is alone."""
    file = HealthFile.create(state / "health", 1, len(names))
    file.name(names)
    cells = memoryview(array("d", [0.0]))
    return Doors(Health(file, 0, lambda name: Cell(cells, 0)))


def tables(deployment: dict[str, Any], environ: dict[str, str] | None = None, **options: Any) -> Tables:
    config = msgspec.convert(
        {"deployments": {"d": {"model": "m", **deployment}}, "routes": {"r": {"primary": "d"}}}, Config
    )
    with TemporaryDirectory() as state:
        doors = doors_of(Path(state), "d")
        return build(Snapshot(hash=config_hash(config), config=config, **options), Wallet(environ or {}), doors)


def test_a_provider_row_says_where_and_how() -> None:
    target = tables({"provider": "openai"}, {"OPENAI_API_KEY": "sk-1"}).routes["r"].targets[0]
    assert target.origin == Origin("https", "api.openai.com", 443)
    assert target.heads["openai-chat"].startswith(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\nauthorization: Bearer sk-1\r\n"
    )
    assert target.heads["embeddings"].startswith(b"POST /v1/embeddings HTTP/1.1\r\n")
    assert target.metered


def test_azure_has_the_deployment_in_the_path_and_a_header_of_its_own() -> None:
    target = (
        tables(
            {
                "provider": "azure",
                "base_url": "https://x.openai.azure.com",
                "api_version": "2024-10-21",
                "api_key": "env:K",
            },
            {"K": "secret"},
        )
        .routes["r"]
        .targets[0]
    )
    head = target.heads["openai-chat"].decode()
    assert head.startswith("POST /openai/deployments/m/chat/completions?api-version=2024-10-21 HTTP/1.1\r\n")
    assert "api-key: secret\r\n" in head
    assert "authorization" not in head


def test_a_started_runtime_is_reached_where_it_listens_now() -> None:
    deployment = {"runtime": "llama.cpp"}
    assert tables(deployment).routes["r"].targets[0].origin is None
    up = tables(deployment, endpoints={"d": "http://127.0.0.1:5555/v1"}).routes["r"].targets[0]
    assert up.origin == Origin("http", "127.0.0.1", 5555)
    assert not up.metered


def test_a_reached_runtime_is_asked_at_its_base_url() -> None:
    target = tables({"runtime": "vllm", "base_url": "http://127.0.0.1:8000/v1"}).routes["r"].targets[0]
    assert target.origin == Origin("http", "127.0.0.1", 8000)


@pytest.mark.parametrize("name", sorted(providers()))
def test_every_provider_row_makes_a_target(name: str) -> None:
    row = providers()[name]
    deployment = {"provider": name, "api_version": "v"}
    if row.base_url is None:
        assert row.api_key_env is None, "a usual variable would never be used: it is for the row's own address"
        deployment |= {"base_url": "https://example.test/v1", "api_key": "env:OWN"}
    target = tables(deployment, {row.api_key_env or "OWN": "k"}).routes["r"].targets[0]
    for head in target.heads.values():
        assert head.startswith(b"POST /")
        assert b"{" not in head
        keyed = b": k\r\n" in head or b": Bearer k\r\n" in head
        assert keyed == (row.auth != "none" and (row.base_url is None or row.api_key_env is not None))
    assert row.source.startswith("https://")


def test_the_usual_key_is_never_sent_to_another_address() -> None:
    target = tables({"provider": "openai", "base_url": "https://proxy.test/v1"}, {"OPENAI_API_KEY": "sk-1"})
    assert b"sk-1" not in target.routes["r"].targets[0].heads["openai-chat"]


def test_the_salt_is_there_in_bytes() -> None:
    assert tables({"provider": "openai-compatible", "base_url": "http://x/v1"}, salt="00ff").salt == b"\x00\xff"


def test_a_revision_overlays_what_the_file_says_of_order_and_nothing_else() -> None:
    revision = Revision(route="r", number=4, base="", time=1, by="t", why="t", primary="e", fallback=("d",))
    config = msgspec.convert(
        {
            "deployments": {name: {"runtime": "vllm", "base_url": "http://x/v1", "model": name} for name in "de"},
            "routes": {"r": {"primary": "d", "strict": True}, "s": {"primary": "d", "fallback": ["e"]}},
        },
        Config,
    )
    with TemporaryDirectory() as state:
        doors = doors_of(Path(state), "d", "e")
        made = build(Snapshot("h", config, revisions={"r": revision}), Wallet({}), doors)
    assert [target.name for target in made.routes["r"].targets] == ["e", "d"]
    assert (made.routes["r"].revision, made.routes["r"].strict, made.routes["r"].split) == (4, True, None)
    assert [target.name for target in made.routes["s"].targets] == ["d", "e"]
    assert made.routes["s"].revision == 0
