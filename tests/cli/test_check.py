from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.config.load import load
from ajar.config.revision import Revision, table_digest
from ajar.runtimes import models
from ajar.store.revisions import Revisions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

RIGHT = """\
[server]
port = 4100

[deployments.qwen]
runtime = "vllm"
model = "Qwen/Qwen3-8B"
base_url = "http://gpu1.internal:8000/v1"

[deployments.gpt]
provider = "openai"
model = "gpt-6.1-sol"
api_key = "env:MY_KEY"

[routes.summary]
primary = "qwen"
fallback = ["gpt"]
"""

OTHER = """
[deployments.other]
provider = "ollama"
model = "m"
"""


def write(here: Path, text: str) -> None:
    (here / "ajar.toml").write_text(text)


def test_a_proxy_that_cannot_be_used(here: Path, ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-hidden")
    monkeypatch.setenv("https_proxy", "socks5://gate:1080")
    write(here, RIGHT)
    ran = ajar("check")
    lacking = " ".join(ran.out.split())
    assert "ajar.toml:9: deployments.gpt: the proxy in https_proxy must be given as http://host:port" in lacking
    assert "`ajar serve` would not start here" in lacking


def test_a_right_file_is_explained(here: Path, ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-hidden")
    write(here, RIGHT)
    ran = ajar("check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("ajar.toml is right (config hash ")
    assert "summary → qwen (Qwen/Qwen3-8B, vllm started by others, at http://gpu1.internal:8000/v1); " in ran.out
    assert "if it fails → gpt (gpt-6.1-sol at openai, https://api.openai.com/v1)." in ran.out
    assert "key from the environment variable MY_KEY (set here)" in ran.out
    assert "Any program on this machine may call" in ran.out
    assert "Not on this machine" not in ran.out
    assert "hidden" not in ran.out


def test_a_translation_is_announced(here: Path, ajar: Callable[..., Any]) -> None:
    text = RIGHT.replace('provider = "openai"', 'provider = "anthropic"')
    write(here, text)
    out = ajar("check").out
    assert "https://api.anthropic.com, Chat Completions are translated to Anthropic Messages)" in out
    assert "named in the answer's x-ajar-dropped" in out
    write(here, f"{text}strict = true\n")
    assert "cannot carry whole is refused" in ajar("check").out


def test_a_routes_rollouts_are_explained(here: Path, ajar: Callable[..., Any]) -> None:
    check = '[routes.summary.checks.valid]\nscorer = "json-schema"\nschema = { enum = ["a", 1] }\n'
    metric = '[routes.summary.metrics.valid]\nrole = "primary"\nscale = [0, 1]\n'
    write(here, f"{RIGHT}{check}{metric}")
    ran = ajar("check", "--origins")
    assert (ran.code, ran.err) == (0, "")
    assert "A rollout takes 1, 5, 25, 50 % of the units (values of the header x-ajar-unit); valid decides." in ran.out
    assert re.search(r'metrics\.valid\.role +"primary" +ajar\.toml:21', ran.out)
    assert re.search(r'checks\.valid\.scorer +"json-schema" +ajar\.toml:18', ran.out)
    assert re.search(r"swap\.shadow\.share +0\.1 +default", ran.out)
    assert "rollouts" in json.loads(ajar("check", "--json").out)["routes"][0]


def test_the_origin_of_each_value_is_shown(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    ran = ajar("check")
    assert re.search(r"\[server\]\n +port +4100 +ajar\.toml:2 *\n", ran.out)
    assert re.search(r'\[deployments\.gpt\]\n +model +"gpt-6\.1-sol" +ajar\.toml:11', ran.out)
    assert re.search(r'fallback +\["gpt"\] +ajar\.toml:16', ran.out)
    assert "default" not in ran.out.partition("Values")[2].partition("All others")[0]
    ran = ajar("check", "--origins")
    assert re.search(r'host +"127\.0\.0\.1" +default', ran.out)
    assert re.search(r"timeouts\.connect_s +5 +default", ran.out)


def test_every_problem_is_printed_with_its_line(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT.replace("port", "prot").replace("provider", "providr"))
    ran = ajar("check")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "ajar.toml:2: server.prot: unknown key; did you mean `port`?",
        "ajar.toml:10: deployments.gpt.providr: unknown key; did you mean `provider`?",
        "",
        "2 problems in ajar.toml: `ajar serve` would refuse it.",
    ]


def test_tables_that_do_not_fit_together_are_problems(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT.replace('"openai"', '"opnai"').replace('["gpt"]', '["gtp"]').replace("env:MY_KEY", "sk-hidden"))
    ran = ajar("check")
    assert ran.code == 1
    assert 'ajar.toml:10: deployments.gpt.provider: no provider is called "opnai"; did you mean `openai`?' in ran.out
    assert 'ajar.toml:16: routes.summary.fallback[0]: no deployment is called "gtp"; did you mean `gpt`?' in ran.out
    assert 'ajar.toml:12: deployments.gpt.api_key: must be "env:NAME"' in ran.out
    assert "hidden" not in ran.out
    assert "3 problems" in ran.out


def test_what_this_machine_lacks_is_a_warning(here: Path, ajar: Callable[..., Any]) -> None:
    write(
        here,
        RIGHT.replace("port = 4100", 'host = "0.0.0.0"')
        + '[deployments.own]\nruntime = "llama.cpp"\nmodel = "own.gguf"\n',
    )
    ran = ajar("check")
    assert ran.code == 0
    lacking = ran.out.partition("Not on this machine")[2]
    assert "ajar.toml:12: deployments.gpt.api_key: the environment variable MY_KEY is not set" in lacking
    assert "ajar.toml:2: server.host: other machines reach this address, so callers need keys" in lacking
    assert f"ajar.toml:19: deployments.own.model: there is no file {here / 'own.gguf'}" in lacking
    assert "`ajar serve` would not start here" in lacking
    assert 'No route uses own; it is asked for as model = "deployment:own".' in ran.out


def test_model_paths_begin_at_the_file(here: Path, ajar: Callable[..., Any]) -> None:
    (here / "etc").mkdir()
    (here / "etc" / "own.gguf").write_text("")
    text = '[deployments.own]\nruntime = "llama.cpp"\nmodel = "own.gguf"\n[routes.r]\nprimary = "own"\n'
    (here / "etc" / "a.toml").write_text(text)
    ran = ajar("check", "--config", "etc/a.toml", "--json")
    assert (ran.code, ran.json["warnings"]) == (0, [])


def test_who_may_call_is_said(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    assert "may call, until the first key is made in .ajar/keys.json" in ajar("check", "--json").json["callers"]
    ajar("key", "create", "a")
    assert "Callers need the one valid key in .ajar/keys.json" in ajar("check", "--json").json["callers"]
    ajar("key", "create", "b")
    assert "Callers need one of the 2 valid keys" in ajar("check", "--json").json["callers"]
    ajar("key", "revoke", "a")
    ajar("key", "revoke", "b")
    assert "holds no valid one" in ajar("check", "--json").json["callers"]
    (here / ".ajar" / "keys.json").write_text("{")
    assert "the key file is damaged" in ajar("check", "--json").json["warnings"][0]


def test_a_host_that_is_none_is_a_warning(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT.replace("port = 4100", 'host = "fe80::1%nosuch"'))
    ran = ajar("check", "--json")
    assert ran.code == 0
    assert ran.json["warnings"][0].startswith("ajar.toml:2: server.host: ")


def test_json_holds_the_same(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    ran = ajar("check", "--json")
    assert ran.code == 0
    assert ran.json["problems"] == []
    assert [route["route"] for route in ran.json["routes"]] == ["summary"]
    origins = {value["key"]: (value["value"], value["origin"]) for value in ran.json["values"]}
    assert origins["server.port"] == (4100, "ajar.toml:2")
    assert origins["server.host"] == ("127.0.0.1", "default")
    write(here, "x = 1")
    ran = ajar("check", "--json")
    assert ran.code == 1
    assert ran.json["problems"][0].startswith("ajar.toml:1: ")


def test_a_file_that_cannot_be_read_is_not_a_problem_of_the_file(here: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("check", "--config", "no.toml")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("ajar: no.toml: file not found; --config names it")
    assert ajar("check", "--config", str(here)).code == 3


def test_without_a_file_the_built_in_config_is_checked(
    here: Path, ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ajar-triage-v1", "ajar-triage-v2"):
        (here / f"{name}.gguf").write_text("")
    monkeypatch.setattr(models, "weights_folder", lambda: here)
    ran = ajar("check")
    assert ran.code == 0, ran.out
    assert "default.toml (built in) is right" in ran.out
    assert "support-triage → triage-v2 (ajar-triage-v2, llama.cpp started by Ajar on this machine" in ran.out


def on_a_terminal(here: Path, columns: int, **environ: str) -> str:
    """What `ajar check` prints on a terminal of this width."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "ajar", "check", "--origins"],
            stdout=slave,
            stderr=slave,
            cwd=here,
            env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns), **environ},
        )
        os.close(slave)
        chunks: list[bytes] = []
        try:
            while chunk := os.read(master, 65536):
                chunks.append(chunk)
        except OSError:  # Linux answers so when the other side has closed
            pass
        process.wait(20)
    finally:
        os.close(master)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def test_a_terminal_of_80_columns_shows_everything(here: Path) -> None:
    write(here, RIGHT)
    out = on_a_terminal(here, 80)
    assert "\x1b[1m" in out
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert max(map(len, plain.splitlines())) <= 80
    assert "…" not in plain
    assert '"http://gpu1.internal:8000/v1"  ajar.toml:7' in plain


def test_a_terminal_without_colour(here: Path) -> None:
    write(here, RIGHT)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", on_a_terminal(here, 80, NO_COLOR="1"))
    assert "\x1b" not in on_a_terminal(here, 80, TERM="dumb")


def test_a_pipe_gets_whole_lines_without_colour(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    (line,) = (line for line in ajar("check").out.splitlines() if "summary →" in line)
    assert line.endswith("https://api.openai.com/v1).")
    assert "\x1b" not in ajar("check").out


def revise(here: Path, **fields: Any) -> Revisions:
    """A revision of the route `summary`, over the file as it is."""
    base = table_digest(load(here / "ajar.toml").config.routes["summary"])
    values = {"route": "summary", "number": 1, "base": base, "time": 0, "by": "rollout 7", "why": "promoted"}
    revisions = Revisions(here / ".ajar")
    revisions.write(Revision(**{**values, "primary": "gpt", **fields}))
    return revisions


def test_what_a_rollout_made_of_a_route_is_named(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    revise(here)
    out = ajar("check").out
    assert "summary: gpt, by revision 1 (rollout 7, 1970-01-01 00:00 UTC: promoted)." in out
    assert "CONFLICT" not in out


def test_a_table_that_changed_since_is_a_conflict_and_says_what_to_do(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    revise(here)
    write(here, f"{RIGHT}strict = true\n")
    ran = ajar("check")
    assert ran.code == 0, "the file is right"
    assert "CONFLICT: the file's table for the route has changed since, so the file wins." in ran.out
    assert "`ajar rollback summary --to-revision 1`" in ran.out
    assert ajar("check", "--json").json["revisions"][0]["conflict"].startswith("the file's table for the route")


def test_a_deployment_that_is_gone_is_a_conflict(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT + OTHER)
    revise(here, primary="other")
    write(here, RIGHT)
    assert "CONFLICT: the file no longer has the deployment other, so the file wins." in ajar("check").out


def test_a_conflict_that_a_running_service_has_decided_is_named_until_the_file_changes_again(
    here: Path, ajar: Callable[..., Any]
) -> None:
    write(here, RIGHT)
    revisions = revise(here)
    first = revisions.get("summary")
    assert first is not None
    write(here, f"{RIGHT}strict = true\n")
    base = table_digest(load(here / "ajar.toml").config.routes["summary"])
    by_file = msgspec.structs.replace(first, number=2, base=base, by="file", why="it has changed", primary="qwen")
    assert revisions.end(first, by_file)
    out = ajar("check").out
    assert "summary: as the file has it, since 1970-01-01 00:00 UTC; before: gpt, by revision 1 (rollout 7, " in out
    assert "CONFLICT: it has changed. To have it all the same, run `ajar rollback summary --to-revision 1`" in out
    write(here, f"{RIGHT}strict = true\nkeepalive_s = 3\n")
    assert "CONFLICT" not in ajar("check").out


def test_a_result_that_was_written_into_the_file_is_no_conflict(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    revise(here)
    write(here, RIGHT.replace('primary = "qwen"\nfallback = ["gpt"]', 'primary = "gpt"'))
    assert "while they served" not in ajar("check").out


def test_a_revision_that_cannot_be_read_would_stop_the_start(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT)
    revise(here).path("summary").write_text("{")
    ran = ajar("check")
    assert ran.code == 0
    assert "this revision of the route summary is damaged" in ran.out
    assert "`ajar serve` would not start here before this is mended" in ran.out


def test_a_check_that_live_traffic_cannot_have_is_a_problem(here: Path, ajar: Callable[..., Any]) -> None:
    write(here, RIGHT + "\n[routes.summary.checks.json]\n[routes.summary.checks.exact]\n")
    said = ajar("check")
    assert said.code == 1
    assert "routes.summary.checks.exact: scorer `exact`: live traffic has no target" in said.out + said.err
    assert "checks.json" not in said.out + said.err
