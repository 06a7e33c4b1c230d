from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.config import load
from ajar.config.snapshot import config_hash
from ajar.errors import ConfigError

RIGHT = """\
[server]
port = 4001

[deployments.gpt] # hosted
provider = "openai"
model = "m"
timeouts = { connect_s = 2 }

[routes."eu.summary"]
primary = "gpt"
fallback = [
  "gpt",
]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load.parse(text, "ajar.toml")
    return caught.value.problems


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AJAR_CONFIG", raising=False)
    return tmp_path


def test_the_file_is_sought_in_the_promised_order(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load.find(None) is None
    (here / "ajar.toml").write_text(RIGHT)
    assert load.find(None) == Path("ajar.toml")
    (here / "named.toml").write_text(RIGHT)
    monkeypatch.setenv("AJAR_CONFIG", "named.toml")
    assert load.find(None) == Path("named.toml")
    (here / "asked.toml").write_text(RIGHT)
    assert load.find(Path("asked.toml")) == Path("asked.toml")
    monkeypatch.setenv("AJAR_CONFIG", "")
    assert load.find(None) == Path("ajar.toml")


def test_a_file_that_was_named_must_be_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "ajar.toml").write_text(RIGHT)
    with pytest.raises(load.ConfigUnreadable, match=r"no\.toml: file not found; --config names it"):
        load.find(Path("no.toml"))
    monkeypatch.setenv("AJAR_CONFIG", "/no/such.toml")
    with pytest.raises(load.ConfigUnreadable, match=r"/no/such\.toml: file not found; AJAR_CONFIG names it"):
        load.find(None)


def test_a_dangling_link_does_not_bring_the_built_in_config(here: Path) -> None:
    (here / "ajar.toml").symlink_to("gone.toml")
    with pytest.raises(load.ConfigUnreadable, match="no such file"):
        load.load(load.find(None))


def test_what_cannot_be_read_is_told_apart_from_what_is_wrong(here: Path) -> None:
    with pytest.raises(load.ConfigUnreadable, match="is a directory"):
        load.load(here)
    (here / "a.toml").write_bytes(b"[server]\nhost = '\xff'\n")
    with pytest.raises(ConfigError, match=r"a\.toml:2: this line is not UTF-8 text") as caught:
        load.load(Path("a.toml"))
    assert not isinstance(caught.value, load.ConfigUnreadable)


def test_a_file_without_the_right_to_read_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:  # root, who may run the tests, is refused nothing
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(load.ConfigUnreadable, match=r"ajar\.toml: permission denied; make it a file that the user who"):
        load.load(Path("ajar.toml"))


def test_a_config_is_loaded_with_hash_and_origins(here: Path) -> None:
    (here / "ajar.toml").write_text(RIGHT)
    loaded = load.load(Path("ajar.toml"))
    assert loaded.config.server.port == 4001
    assert loaded.config == load.parse(RIGHT, "x")
    assert loaded.hash == config_hash(loaded.config)
    assert loaded.folder == Path()
    assert loaded.origins["server.port"] == "ajar.toml:2"
    assert loaded.origins["server.host"] == "default"
    assert loaded.origins["deployments.gpt.timeouts.connect_s"] == "ajar.toml:7"
    assert loaded.origins["deployments.gpt.api_key"] == "default"
    assert loaded.origins['routes."eu.summary".fallback'] == "ajar.toml:11"


def test_a_byte_order_mark_and_windows_line_ends_are_read(here: Path) -> None:
    (here / "ajar.toml").write_bytes(b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode())
    assert load.load(Path("ajar.toml")).origins["server.port"] == "ajar.toml:2"


def test_the_hash_is_of_the_meaning_and_not_of_the_text() -> None:
    other = RIGHT.replace("[server]\nport = 4001\n", "") + '[server]\nport = 4001\nhost = "127.0.0.1" # as usual\n'
    assert config_hash(load.parse(other, "b")) == config_hash(load.parse(RIGHT, "a"))
    assert config_hash(load.parse(RIGHT.replace("4001", "4002"), "a")) != config_hash(load.parse(RIGHT, "a"))


def test_the_built_in_config_serves_both_shipped_checkpoints(here: Path) -> None:
    loaded = load.load(None)
    assert loaded.path is None
    assert {name: (d.runtime, d.model) for name, d in loaded.config.deployments.items()} == {
        "triage-v1": ("llama.cpp", "ajar-triage-v1"),
        "triage-v2": ("llama.cpp", "ajar-triage-v2"),
    }
    (route,) = loaded.config.routes.values()
    assert (list(loaded.config.routes), route.primary, route.fallback) == (
        ["support-triage"],
        "triage-v2",
        ("triage-v1",),
    )
    assert loaded.origins["routes.support-triage.primary"].startswith("default.toml (built in):")


def test_every_problem_is_told_at_once_with_its_line_in_order() -> None:
    text = """\
[server]
prot = 1
workers = 0

[deployments.gpt]
modle = "x"
slots = "4"
timeouts = { connect_s = 0 }

[routes.r]
fallback = ["a",
  7]
[route.x]
"""
    assert problems(text) == [
        "ajar.toml:2: server.prot: unknown key; did you mean `port`?",
        "ajar.toml:3: server.workers: must be a whole number from 1 up to 256, not 0",
        "ajar.toml:6: deployments.gpt.modle: unknown key; did you mean `model`?",
        'ajar.toml:7: deployments.gpt.slots: must be a whole number from 1 up to 256, not the text "4"; '
        "write it without quotes",
        "ajar.toml:8: deployments.gpt.timeouts.connect_s: must be a number above 0 and up to 3600, not 0",
        'ajar.toml:10: routes.r: `primary` is missing; add `primary = "…"` to this table',
        "ajar.toml:12: routes.r.fallback[1]: must be text in quotes, not 7; write it in quotes",
        "ajar.toml:13: route: unknown key; did you mean `routes`?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a = "x\nb = 1', 'ajar.toml:1:7: the text is not closed; end it with " on the same line'),
        ("a = 1\n\nb =", "ajar.toml:3:4: the value is missing or is not TOML"),
        ("a = 1\na = 2", "ajar.toml:2:6: this key is set twice; remove one of the two"),
        ("[a]\n[a]", "ajar.toml:2:3: "),
        ("= 1", "ajar.toml:1:1: this is not TOML"),
        ("a = True", "ajar.toml:1:5: the value is missing or is not TOML"),
        ("a = [1,\n2", "ajar.toml:2:2: the list is not closed; end it with ]"),
        ("a = 1 b = 2", "ajar.toml:1:7: only a comment may follow"),
        ("a = " + "[" * 5000, "ajar.toml:1: brackets are nested too deeply"),
        ("a = " + "9" * 5000, "ajar.toml:1: a number has too many digits"),
        ("", "ajar.toml:1: `deployments` is missing"),
    ],
)
def test_a_syntax_error_has_line_and_column(text: str, said: str) -> None:
    assert problems(text)[0].startswith(said)


def test_a_secret_in_a_broken_file_is_not_repeated() -> None:
    for text in ('api_key = "sk-hidden', "api_key = sk-hidden", '[deployments.a]\napi_key = ["sk-hidden"]'):
        assert "sk-hidden" not in "".join(problems(text))


WORDS = st.sampled_from(
    [
        *(
            "[server]",
            "[deployments.a]",
            "[routes.r]",
            "[[x]]",
            "port",
            "model",
            "primary",
            "=",
            ".",
            "{",
            "}",
            "[",
            "]",
        ),
        *(
            '"',
            "'",
            '"""',
            "'''",
            "\\",
            ",",
            "#",
            "\n",
            "\r\n",
            "\r",
            " ",
            "1",
            "-1.5",
            "nan",
            "true",
            "1979-05-27",
            "é",
        ),
    ]
)


def told(text: str) -> list[str]:
    """The problems of the text; none where it is a config."""
    try:
        load.parse(text, "a.toml")
    except ConfigError as error:
        return error.problems or ["nothing was said"]
    return []


@given(st.text() | st.lists(WORDS, max_size=30).map("".join))
def test_no_text_raises_anything_but_a_config_error(text: str) -> None:
    assert all(re.match(r"a\.toml:[0-9]+(:[0-9]+)?: .", problem) for problem in told(text))


@given(st.integers(0, len(RIGHT)), st.integers(0, 12), st.lists(WORDS, max_size=4).map("".join))
def test_a_slip_in_a_right_file_is_placed_within_it(start: int, size: int, put: str) -> None:
    text = RIGHT[:start] + put + RIGHT[start + size :]
    last = text.count("\n") + 1
    assert all(1 <= int(problem.split(":")[1]) <= last for problem in told(text))
