"""`ajar drill` against a gateway in this process, with scripted models behind it."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import signal
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
import pytest
import yaml

from ajar.cli.drill import drill
from ajar.cli.main import VERBS
from ajar.cli.main import ajar as entry
from ajar.config.model import Config
from ajar.config.revision import Revision, table_digest
from ajar.config.snapshot import KeyEntry
from ajar.store.revisions import Revisions
from doubles.service import Service
from evals.run.chat import Asked, Chat, Said, completion, error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.conftest import Ran

CASES = 60
DOCS = Path(__file__).resolve().parents[2] / "docs"


def good(asked: Asked) -> Said:
    return Said(body=completion("yes"))


def poor(asked: Asked) -> Said:
    return Said(body=completion("yes" if int(asked.text.split()[-1]) % 2 else "no"))


class World:
    """Two models of two families, routes over them, and a suite."""

    def __init__(self, here: Path, first: Chat, second: Chat, **options: Any) -> None:
        self.first, self.second = first, second
        priced = options.pop("price", {"input": 1.0, "output": 1.0})
        table: dict[str, Any] = {
            "deployments": {
                "good": {"runtime": "vllm", "model": "m", "base_url": first.url, "format": "openai-chat"},
                "poor": {"provider": "openai", "model": "m", "base_url": second.url, "format": "openai-chat"},
                "good-too": {"runtime": "vllm", "model": "m2", "base_url": first.url},
            },
            "routes": {
                "support": {"primary": "good", "fallback": ["poor"], "bodies": options.pop("bodies", "none")},
                "alone": {"primary": "good"},
                "family": {"primary": "good", "fallback": ["good-too"]},
            },
        }
        if priced:
            for deployment in table["deployments"].values():
                deployment["price"] = priced
        table["routes"]["support"] |= options.pop("route", {})
        self.table = table
        self.service = Service(table, here / ".ajar", **options)
        self.url = f"http://127.0.0.1:{self.service.port}/v1"
        self.suite = here / "refunds.yaml"
        cases = "".join(f"  - {{input: question {number}, target: yes}}\n" for number in range(CASES))
        self.suite.write_text(f"suite: refunds\nchecks: {{right: exact}}\ncases:\n{cases}")
        (here / "ajar.toml").write_text(toml(table))


def toml(table: dict[str, Any]) -> str:
    lines: list[str] = []
    for kind, named in table.items():
        for name, fields in named.items():
            lines.append(f"[{kind}.{name}]")
            for key, value in fields.items():
                if key == "checks":
                    for check, options in value.items():
                        lines.append(f"[{kind}.{name}.checks.{check}]")
                        lines += [f"{option} = {json.dumps(given)}" for option, given in options.items()]
                elif isinstance(value, dict):
                    lines.append(f"{key} = {{ {', '.join(f'{k} = {v}' for k, v in value.items())} }}")
                else:
                    lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines)


@pytest.fixture
def make(here: Path) -> Iterator[Callable[..., World]]:
    """Makes a world; it ends with the test."""
    with Chat(good) as first, Chat(poor) as second:
        worlds: list[World] = []

        def one(**options: Any) -> World:
            worlds.append(World(here, first, second, **options))
            return worlds[-1]

        yield one
        for world in worlds:
            world.service.stop()


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    return make()


@pytest.fixture
def run(ajar: Callable[..., Ran]) -> Callable[..., Ran]:
    """`ajar drill ROUTE` against a world."""

    def one(world: World, route: str = "support", *arguments: str, suite: bool = True) -> Ran:
        named = ["--suite", str(world.suite)] if suite else []
        return ajar("drill", route, *named, "--base-url", world.url, *arguments)

    return one


def test_losing_the_better_model_fails(world: World, run: Callable[..., Ran]) -> None:
    ran = run(world, "support", "--lose", "good")
    assert ran.code == 1, ran.err
    assert "Drill: support without good" in ran.out
    assert "today: answered by good (60)" in ran.out
    assert "without: answered by poor (60)" in ran.out
    assert "FAIL  refunds · passed, margin of 3 points: support without good is at least" in ran.out
    assert "60 questions: 120 requests, about $" in ran.err
    drilled = [record for record in world.service.records() if record.get("deployment")]
    assert {record["purpose"] for record in drilled} == {"drill"}
    assert len(drilled) == 2 * CASES
    assert world.first.count == world.second.count == CASES


def test_losing_what_nobody_needs_passes(world: World, run: Callable[..., Ran]) -> None:
    ran = run(world, "support", "--lose", "poor", "--margin", "10%", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["gate"]["verdict"] == "PASS"
    assert ran.json["drill"]["loss"] == {"route": "support", "first": "good", "lost": ["poor"], "left": ["good"]}
    assert [arm["deployments"] for arm in ran.json["arms"].values()] == [{"good": 60}, {"good": 60}]
    assert world.second.count == 0


def test_too_few_questions_are_inconclusive_and_say_how_many_it_takes(world: World, run: Callable[..., Ran]) -> None:
    ran = run(world, "support", "--lose", "poor")
    assert ran.code == 2
    assert "INCONCLUSIVE" in ran.out
    assert "cases would settle it" in ran.out
    assert "poor answered none of these today" in ran.out


def test_a_route_without_fallback_fails_at_once(world: World, run: Callable[..., Ran], here: Path) -> None:
    ran = run(world, "alone", "--lose", "good", "--report", str(here / "out"))
    assert ran.code == 1
    assert "route `alone` has only `good` (vllm): without it nobody is answered; add a deployment of another" in ran.out
    assert '`fallback = ["poor"]`, which the config has already' in ran.out
    assert world.service.records() == []
    failure = ET.parse(here / "out" / "junit.xml").find(".//failure")
    assert failure is not None
    assert "nobody is answered" in failure.attrib["message"]
    assert json.loads((here / "out" / "drill.json").read_bytes())["loss"]["left"] == []


def test_a_provider_is_all_that_the_route_has_of_it(world: World, run: Callable[..., Ran]) -> None:
    ran = run(world, "family", "--lose", "provider:vllm", "--json")
    assert ran.code == 1
    assert "only `good` (vllm) and `good-too` (vllm): without them" in ran.json["gate"]["decisions"][0]["why"]
    ran = run(world, "support", "--lose", "provider:openai", "--margin", "10%", "--json")
    assert ran.code == 0
    assert ran.json["drill"]["loss"]["lost"] == ["poor"]


def test_the_route_is_the_one_in_force(world: World, run: Callable[..., Ran], here: Path) -> None:
    route = msgspec.convert(world.table, Config).routes["alone"]
    revision = Revision(
        route="alone", number=1, base=table_digest(route), time=1, by="test", why="", primary="poor", fallback=("good",)
    )
    Revisions(here / ".ajar").write(revision)
    ran = run(world, "alone", "--lose", "good-too")
    assert ran.code == 3
    assert 'route "alone" has `poor`, `good`, and no "good-too"' in ran.err


def test_what_nobody_answers_any_more_fails_its_checks(world: World, run: Callable[..., Ran]) -> None:
    world.second.script = lambda asked: error(500, "broken")
    ran = run(world, "support", "--lose", "good", "--retries", "0", "--json")
    assert ran.code == 1, ran.err
    assert sum(ran.json["drill"]["unanswered"].values()) == CASES
    assert ran.json["arms"]["candidate"]["errors"] == {}
    passed = ran.json["metrics"][0]
    assert (passed["name"], passed["candidate"]["mean"], passed["baseline"]["mean"]) == ("passed", 0.0, 1.0)
    timing = json.loads((Path(ran.json["folder"]) / "timing.json").read_bytes())
    # How fast an error comes is no latency.
    assert timing["metrics"][0]["candidate"] is None
    text = (Path(ran.json["folder"]) / "report.html").read_text()
    assert "support without good" in text
    assert "not answered: upstream_5" in text


def test_a_margin_on_speed_does_not_let_a_dead_route_pass(world: World, run: Callable[..., Ran]) -> None:
    world.second.script = lambda asked: error(500, "broken")
    ran = run(world, "support", "--lose", "good", "--retries", "0", "--margin", "latency_ms=1000", "--json")
    assert ran.code == 1
    assert [each["metric"] for each in ran.json["gate"]["decisions"]] == ["passed", "latency_ms"]


def test_a_dead_fallback_is_not_asked_each_question_four_times(world: World, run: Callable[..., Ran]) -> None:
    world.second.script = lambda asked: error(500, "broken")
    ran = run(world, "support", "--lose", "good")
    assert ran.code == 1
    assert world.second.count < 2 * CASES


def test_a_route_that_fails_today_is_measured_against_nothing(world: World, run: Callable[..., Ran]) -> None:
    world.first.script = lambda asked: error(400, "no") if asked.text.endswith(" 7") else good(asked)
    ran = run(world, "support", "--lose", "poor", "--margin", "10%")
    assert ran.code == 3
    assert "COULD NOT RUN" in ran.out
    assert "1 of 60 samples of support today could not be judged (upstream_400 1)" in ran.out


def key(name: str, *, direct: bool) -> tuple[KeyEntry, str]:
    secret = "5" * 64
    entry = KeyEntry(f"id{name}", hashlib.sha256(secret.encode()).hexdigest(), name, direct=direct)
    return entry, f"ajar_id{name}_{secret}"


def test_a_key_needs_the_right_to_drill(
    make: Callable[..., World], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    (plain, plain_text), (direct, direct_text) = key("plain", direct=False), key("ci", direct=True)
    world = make(keys=(plain, direct))
    ran = run(world, "support", "--lose", "poor")
    assert ran.code == 3
    assert "--api-key env:NAME" in ran.err
    monkeypatch.setenv("MY_KEY", plain_text)
    ran = run(world, "support", "--lose", "poor", "--api-key", "env:MY_KEY")
    assert ran.code == 3
    assert "`ajar key create NAME --direct` makes one" in ran.err
    assert world.first.count == 0
    monkeypatch.setenv("MY_KEY", direct_text)
    ran = run(world, "support", "--lose", "poor", "--api-key", "env:MY_KEY", "--margin", "10%", "--json")
    assert ran.code == 0
    assert direct_text not in "".join(path.read_text() for path in Path(ran.json["folder"]).iterdir())


def test_what_answers_must_be_an_ajar_with_this_route(world: World, run: Callable[..., Ran], ajar: Any) -> None:
    ran = ajar("drill", "support", "--lose", "poor", "--suite", str(world.suite), "--base-url", world.first.url)
    assert ran.code == 3
    assert "what answers there is no Ajar" in ran.err
    world.service.apply({**world.table, "routes": {"other": {"primary": "good"}}})
    ran = run(world, "support", "--lose", "poor")
    assert ran.code == 3
    assert "is another than this one" in ran.err
    ran = ajar("drill", "support", "--lose", "poor", "--suite", str(world.suite), "--base-url", "http://127.0.0.1:9/v1")
    assert ran.code == 3
    assert "Start it with `ajar serve`" in ran.err


def test_what_may_cost_too_much_is_not_begun(make: Callable[..., World], run: Callable[..., Ran]) -> None:
    world = make(price={"input": 1000.0, "output": 1000.0})
    ran = run(world, "support", "--lose", "poor", "--max-usd", "1")
    assert ran.code == 3
    assert "may cost $1 (--max-usd): ask fewer questions" in ran.err
    assert world.first.count == 0


def test_a_ceiling_needs_prices(make: Callable[..., World], run: Callable[..., Ran]) -> None:
    world = make(price=None)
    ran = run(world, "support", "--lose", "poor", "--max-usd", "1")
    assert ran.code == 3
    assert "the config has no `price` for poor" in ran.err


def test_a_drill_that_becomes_too_dear_stops_and_goes_on(
    make: Callable[..., World], run: Callable[..., Ran], ajar: Callable[..., Ran]
) -> None:
    world = make(price={"input": 1.0, "output": 1.0})
    # An estimate of 60 × 2 × some 300 tokens is $0.036; each answer says that it took ten times as many.
    world.first.script = lambda asked: Said(body=completion("yes", tokens=3000))
    ran = run(world, "support", "--lose", "poor", "--max-usd", "0.04", "--margin", "10%")
    assert ran.code == 3
    assert "and may cost $0.04 (--max-usd)" in ran.err
    before = world.first.count
    assert before < 2 * CASES
    going_on = shlex.split(ran.err.strip().splitlines()[-1])
    assert going_on[:2] == ["ajar", "drill"]
    dear = going_on.index("--max-usd")
    del going_on[dear : dear + 2]
    ran = ajar(*going_on[1:], "--json")
    assert ran.code == 0, ran.err
    assert ran.json["gate"]["decisions"][0]["margin"] == 0.1
    assert ran.json["complete"]
    assert world.first.count <= 2 * CASES + 8  # but for those that were on their way
    other = ajar(*going_on[1:], "--margin", "3%")
    assert other.code == 64
    assert "--margin: what the drill was begun with holds again" in other.err


def test_ctrl_c_keeps_what_is_done(world: World, run: Callable[..., Ran], ajar: Callable[..., Ran]) -> None:
    def pressing(asked: Asked) -> Said:
        if world.first.count == 30:
            os.kill(os.getpid(), signal.SIGINT)
        return Said(body=completion("yes"), delay_s=5 if world.first.count > 30 else 0)

    world.first.script = pressing
    ran = run(world, "support", "--lose", "poor", "--margin", "10%")
    assert ran.code == 130
    world.first.script = good
    before = world.first.count
    going_on = shlex.split(ran.err.strip().splitlines()[-1])
    ran = ajar(*going_on[1:])
    assert ran.code == 0, ran.err
    assert world.first.count - before <= 2 * CASES - 20


def test_judges_are_asked_through_the_front_door(world: World, run: Callable[..., Ran]) -> None:
    def script(asked: Asked) -> Said:
        judges = "RUBRIC" in asked.raw.decode()
        return Said(body=completion('{"reason": "so", "verdict": "pass"}' if judges else "yes"))

    world.first.script = script
    world.suite.write_text(
        "suite: tone\nchecks: {kind: {scorer: rubric, rubric: It is kind., route: alone, repeats: 1}}\n"
        "cases: [{input: question 1}, {input: question 2}]\n"
    )
    ran = run(world, "support", "--lose", "good")
    assert "judges come on top" in ran.err
    assert "today: judged by good in 2 calls" in ran.out
    purposes = Counter((record["purpose"], record.get("deployment")) for record in world.service.records())
    # The loss is the drilled route's alone: its judges stay.
    assert purposes == {("drill", "good"): 2, ("drill", "poor"): 2, ("judge", "good"): 4, ("drill", None): 1}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["support", "--lose", "good"], 64, "name the questions"),
        (["support", "--lose", "good", "--suite", "refunds.yaml", "--recorded", "5"], 64, "name the questions"),
        (["support", "--suite", "refunds.yaml"], 64, "--lose"),
        (["support", "--lose", "good", "--suite", "refunds.yaml", "--api-key", "secret"], 64, "write env:NAME"),
        (["support", "--lose", "goof", "--suite", "refunds.yaml"], 3, "did you mean `good`?"),
        (["suport", "--lose", "good", "--suite", "refunds.yaml"], 3, "did you mean `support`?"),
        (["support", "--lose", "openai", "--suite", "refunds.yaml"], 3, "write provider:openai"),
        (["support", "--lose", "provider:opeai", "--suite", "refunds.yaml"], 3, "did you mean `openai`?"),
        (["support", "--lose", "good", "--recorded", "5"], 3, 'write `bodies = "all"`'),
    ],
)
def test_what_cannot_be_meant_is_told(
    world: World, ajar: Callable[..., Ran], arguments: list[str], code: int, said: str
) -> None:
    ran = ajar("drill", *arguments)
    assert (ran.code, said in ran.err) == (code, True), ran.err


def ask_live(world: World, path: str, number: int, **fields: Any) -> None:
    said = f"question {number}"
    asked: dict[str, Any] = (
        {"messages": [{"role": "user", "content": said}]} if path != "responses" else {"input": said}
    )
    where = "chat/completions" if path == "chat" else path
    result = world.service.request(
        "POST", f"/v1/{where}", {"model": "support", **asked, **fields}, {"x-ajar-unit": f"user {number}"}
    )
    assert result.status == 200, result.body


def test_recorded_requests_are_asked_again_as_they_were(make: Callable[..., World], run: Callable[..., Ran]) -> None:
    checks = {"checks": {"says-yes": {"scorer": "exact", "value": "yes"}}}
    world = make(bodies="all", route=checks)
    for number in range(40):
        ask_live(world, "chat", number, temperature=0.5)
        ask_live(world, "messages", number, max_tokens=9)
        ask_live(world, "responses", number)
    world.service.chat("support", {"x-ajar-purpose": "eval"})
    live = world.first.count
    ran = run(world, "support", "--lose", "good", "--recorded", "200", "--json", suite=False)
    assert ran.code == 1, ran.err
    assert ran.json["about"]["cases"] == 120
    assert {metric["name"] for metric in ran.json["metrics"]} >= {"passed", "answered", "finished", "says-yes"}
    assert ran.json["metrics"][0]["comparison"]["clusters"] == 40
    assert world.first.count == live + 120
    drilled = [
        record for record in world.service.records() if record["purpose"] == "drill" and record.get("deployment")
    ]
    assert sorted(record["operation"] for record in drilled) == ["chat"] * 80 + ["messages"] * 80 + ["responses"] * 80
    assert {tag["tag"]: tag["cases"] for tag in ran.json["tags"]} == {
        "openai-chat": 40, "anthropic": 40, "openai-responses": 40, "whole": 120,
    }  # fmt: skip
    assert sum(asked.body.get("temperature") == 0.5 for asked in world.second.seen) == 40


def test_the_workflow_file_says_what_the_command_takes() -> None:
    workflow = yaml.safe_load((DOCS / "drill-workflow.yaml").read_text())
    # YAML 1.1 reads the key `on` as true.
    assert workflow[True]["schedule"][0]["cron"].split()[4] != "*", "once a week"
    (job,) = workflow["jobs"].values()
    commands = [line for step in job["steps"] for line in step.get("run", "").replace("\\\n", " ").splitlines()]
    words = [shlex.split(line.partition(">")[0]) for line in commands if line.startswith("ajar ")]
    assert {word[1] for word in words} == {"check", "serve", "drill"}
    assert {word[1] for word in words} <= VERBS.keys()
    parent = click.Context(entry, **entry.context_settings)
    for word in words:
        command = entry.get_command(parent, word[1])
        assert command is not None
        context = command.make_context(word[1], word[2:], parent)
        if word[1] == "drill":
            assert context.params["lose"].startswith("provider:")
            assert context.params["max_usd"]
            assert any(step.get("with", {}).get("path") == str(context.params["report"]) for step in job["steps"])
    for line in (DOCS / "drills.md").read_text().splitlines():
        if line.startswith("ajar drill "):
            drill.make_context("drill", shlex.split(line.partition("#")[0])[2:], parent)
