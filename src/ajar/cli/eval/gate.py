"""`ajar eval gate FILE`: two models on many suites, one verdict."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.eval import again
from ajar.cli.eval.asked import begun, go, resumed
from ajar.cli.eval.edited import edited
from ajar.cli.eval.options import allow_option, asking, confidence_option, runs_folder, unknown
from ajar.cli.eval.run import refuse_cached
from ajar.cli.eval.tables import EXIT, show, verdict
from ajar.config import load as configs
from ajar.errors import AjarError, ConfigError
from ajar.evals import folder as folders
from ajar.evals.conclude import conclude, write
from ajar.evals.folder import Folder
from ajar.evals.gate import file as gates
from ajar.evals.gate.decide import decide
from ajar.evals.reports import junit
from ajar.evals.run.lines import read_header
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ajar.cli.eval.asked import Wanted
    from ajar.config.model import Config
    from ajar.evals.gate.decide import Found
    from ajar.evals.gate.demand import Demand
    from ajar.evals.gate.file import GatePlan
    from ajar.evals.result import Gate
    from ajar.evals.run.ending import RunEnd
    from ajar.evals.run.header import Header
    from ajar.evals.suite.suite import Suite


class _Part(NamedTuple):
    """One suite of the gate, and where its run lies."""

    path: Path
    suite: Suite
    demands: Sequence[Demand]
    folder: Folder


@click.command("gate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--on", metavar="NAME", help="The candidate, if the file does not say it, or another.")
@click.option("--against", metavar="NAME", help="The baseline, likewise.")
@click.option("--resume", metavar="RUN", help="Go on with this gate's run (its name, its folder, or `last`).")
@asking
@confidence_option
@allow_option
@reading.config_option
@terminal.json_option
def command(file: Path, resume: str | None, config: Path | None, as_json: bool, **given: Any) -> int:
    """Run every suite of a gate FILE on both models, and end with one verdict.

    PASS if every demand passes, FAIL if any fails (after Holm's correction, so that many suites raise no false alarm),
    else INCONCLUSIVE. Where a suite could not be run to its end there is no verdict; --resume goes on with it then.
    """
    plan = gates.load(file)
    found = configs.load(configs.find(config)).config
    runs = runs_folder(found.server.state_dir)
    if resume is None:
        root, was, headers = folders.new(runs, plan.name).path, None, []
        given["on"], given["against"] = given["on"] or plan.on, given["against"] or plan.against
        for option in ("on", "against"):
            if given[option] is None:
                raise click.UsageError(f"{file} names no `{option}`: write it there, or give --{option}")
    else:
        root = folders.find_gate(runs, resume)
        again.told(resume, root)
        headers = [read_header(journal) for journal in sorted(root.glob("*/journal.jsonl"))]
        was = next((header for header in headers if header.judge is not None), headers[0])
        again.refuse_other(was, given)
        given.update(again.restored(was, given))
    parts = _parts(plan, file, root, given["allow"])
    if headers:
        edited(file, plan, headers, {part.suite.name: part.demands for part in parts})
    going_on = shlex.join([*_command(file, root, given), *again.configured(config)])
    done = _run(found, root, parts, was, given, going_on)
    gate = decide([demand for part in parts for demand in part.demands], done)
    return _finish(plan.name, root, parts, done, gate, as_json=as_json)


def _parts(plan: GatePlan, file: Path, root: Path, allow: Collection[str]) -> list[_Part]:
    """All suites, told apart by their names, with demands that can be met. Raises ConfigError."""
    suites = {path: load(path, allow=allow) for path, _ in plan.parts}
    names = Counter(suite.name for suite in suites.values())
    same = [name for name, count in names.items() if count > 1]
    problems = [f"{file}: two suites have the name `{name}`; rename one" for name in same]
    if len(suites) < len(plan.parts):
        problems.append(f"{file}: a suite stands there twice; join its margins")
    told = (unknown(suites[path], [demand.metric for demand in demands]) for path, demands in plan.parts)
    problems += [f"{file}: {text}" for text in told if text is not None]
    if problems:
        raise ConfigError(problems)
    parts: list[_Part] = []
    for path, demands in plan.parts:
        suite = suites[path]
        named = [msgspec.structs.replace(demand, suite=suite.name) for demand in demands]
        folder = folders.part(root, suite.name, [part.folder.path for part in parts])
        parts.append(_Part(path, suite, named, folder))
    return parts


def _run(
    config: Config, root: Path, parts: Sequence[_Part], was: Header | None, given: Mapping[str, Any], going_on: str
) -> dict[str, Found | str]:
    """What each suite found, or why it could not run. After an interruption no other is begun."""
    done: dict[str, Found | str] = {}
    interrupted = False
    for part in parts:
        name = part.suite.name
        if interrupted:
            done[name] = "not run: the gate was stopped before"
            continue
        journal, arms, options = _wanted(config, part, was, given)
        folders.note(runs_folder(config.server.state_dir), root)
        try:
            end = go(part.suite, part.folder, journal, arms, options, going_on=going_on)
            interrupted = _by_hand(end)
            confidence = journal.header.confidence
            refuse_cached(part.demands, end.counts.cached)
            done[name] = conclude(part.folder, part.suite, confidence) if end.finished else end.why
        except AjarError as error:
            done[name] = error.message
    return done


def _command(file: Path, root: Path, given: Mapping[str, Any]) -> list[str]:
    """What goes on with this run. The judges of suites that were not begun stand in no journal yet."""
    words = ["ajar", "eval", "gate", str(file), "--resume", str(root)]
    if given["judge_base_url"] is not None:
        words += ["--judge-base-url", given["judge_base_url"]]
    return words


def _wanted(config: Config, part: _Part, was: Header | None, given: Mapping[str, Any]) -> Wanted:
    """The run of one suite: the one that is there, or a new one of the same models as `was`. Raises StateError."""
    if not part.folder.journal.exists():
        known = None if was is None else again.targets(was, given)
        return begun(config, part.suite, part.path, part.folder, given, part.demands, known)
    before = read_header(part.folder.journal)
    again.differing(before, part.demands)
    return resumed(part.suite, part.folder, before, given)


def _by_hand(end: RunEnd) -> bool:
    """Whether somebody stopped it, rather than what went wrong."""
    return end.why.startswith("stopped by ")


def _finish(
    name: str, root: Path, parts: Sequence[_Part], done: Mapping[str, Found | str], gate: Gate, *, as_json: bool
) -> int:
    """Write and print what was found and decided; the exit code."""
    for part in parts:
        found = done[part.suite.name]
        if not isinstance(found, str):
            result = msgspec.structs.replace(found[0], gate=gate)
            write(part.folder, part.suite, result, found[1])
            if not as_json:
                show(part.folder, result, found[1], judged=False)
    whole = Folder(root)
    whole.put(root / "gate.json", msgspec.json.format(msgspec.json.encode(gate), indent=2) + b"\n")
    whole.put(whole.junit, junit.decided(gate).encode("utf-8", "replace"))
    if as_json:
        terminal.json({**msgspec.to_builtins(gate), "folder": str(root)})
    else:
        out = terminal.console()
        terminal.heading(out, f"Gate {name}")
        verdict(gate)
        terminal.line(out, f"Decisions: {root / 'gate.json'}")
    return EXIT[gate.verdict]
