"""What a route loses, and what it has left."""

from __future__ import annotations

import msgspec
import pytest

from ajar.config.model import Config
from ajar.config.revision import Arm, Revision, Split, table_digest
from ajar.errors import ConfigError
from ajar.rollout.drills.loss import Loss, loss, nothing_left

CONFIG = msgspec.convert(
    {
        "deployments": {
            "a": {"provider": "openai", "model": "m"},
            "b": {"provider": "openai", "model": "n"},
            "c": {"provider": "anthropic", "model": "o"},
            "d": {"runtime": "llama.cpp", "model": "p"},
        },
        "routes": {"r": {"primary": "a", "fallback": ["c", "b"]}, "s": {"primary": "a"}},
    },
    Config,
)


def test_a_deployment_or_a_provider_or_a_runtime() -> None:
    assert loss(CONFIG, "r", "c") == Loss(route="r", first="a", lost=("c",), left=("a", "b"))
    assert loss(CONFIG, "r", "provider:openai") == Loss(route="r", first="a", lost=("a", "b"), left=("c",))
    with pytest.raises(ConfigError, match=r'nothing of "llama\.cpp"'):
        loss(CONFIG, "r", "provider:llama.cpp")


def test_a_revision_that_holds_decides_which_deployments_there_are() -> None:
    revision = Revision(
        route="s", number=1, base=table_digest(CONFIG.routes["s"]), time=1, by="", why="", primary="a", fallback=(),
        rollout="x", split=Split(experiment="x", epoch=1, arms=(Arm("a", 50.0), Arm("d", 50.0))),
    )  # fmt: skip
    assert loss(CONFIG, "s", "provider:llama.cpp", revision).left == ("a",)
    stale = msgspec.structs.replace(revision, base="of another table")
    with pytest.raises(ConfigError, match='no "d"'):
        loss(CONFIG, "s", "d", stale)


def test_what_to_add_is_of_another_family() -> None:
    said = nothing_left(CONFIG, loss(CONFIG, "s", "a"))
    assert "has only `a` (openai)" in said
    assert '`fallback = ["c"]`' in said
    lonely = msgspec.structs.replace(CONFIG, deployments={"a": CONFIG.deployments["a"]})
    assert "with a `[deployments.NAME]` of its own" in nothing_left(lonely, loss(CONFIG, "s", "a"))
