from __future__ import annotations

from typing import TYPE_CHECKING

import peers

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_peer_is_pinned() -> None:
    assert {name: bool(peer.version) for name, peer in peers.peers().items()} == {
        "litellm": True,
        "tensorzero": True,
        "portkey": True,
        "inspect-ai": True,
        "promptfoo": True,
    }
    assert all(peer.version[0].isdigit() for peer in peers.peers().values())


def test_a_peer_counts_only_with_the_version_that_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(peers.Peer, "_commands", lambda _: [["true"]])
    old, new = (peers.Peer("tensorzero", "pip", f"tensorzero=={version}") for version in ("1.0", "2.0"))
    assert not old.installed
    assert old.install() is None
    assert old.installed
    assert not new.installed


def test_a_peer_that_cannot_be_installed_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(peers.Peer, "_commands", lambda _: [["sh", "-c", "echo no such package >&2; exit 1"]])
    peer = peers.Peer("tensorzero", "pip", "tensorzero==1.0")
    assert peer.install() == "no such package"
    assert not peer.installed


def test_what_stands_beside_a_peer_is_installed_with_it() -> None:
    promptfoo = peers.peers()["promptfoo"]
    assert promptfoo._commands() == [
        ["npm", "install", "--prefix", ".", "--no-audit", "--no-fund", promptfoo.package, *promptfoo.beside]
    ]
    assert promptfoo.beside[0].startswith("node@")
    inspect = peers.peers()["inspect-ai"]
    assert inspect._commands()[1][-2:] == [inspect.package, *inspect.beside]
