"""`ajar eval gate FILE`: two models on many suites, one verdict."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.eval.options import allow_option, asking, confidence_option
from ajar.cli.eval.run import begun, go
from ajar.cli.eval.tables import EXIT, show, verdict
from ajar.config import load as configs
from ajar.errors import AjarError, ConfigError
from ajar.evals.conclude import conclude, write
from ajar.evals.gate import file as gates
from ajar.evals.gate.decide import decide
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from collections.abc import Collection

    from ajar.config.model import Config
    from ajar.evals.folder import Folder
    from ajar.evals.gate.decide import Found
    from ajar.evals.gate.file import GatePlan
    from ajar.evals.suite.suite import Suite


@click.command("gate")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--on", metavar="NAME", help="The candidate, if the file does not say it, or another.")
@click.option("--against", metavar="NAME", help="The baseline, likewise.")
@asking
@confidence_option
@allow_option
@reading.config_option
@terminal.json_option
def command(file: Path, config: Path | None, as_json: bool, **given: Any) -> int:
    """Run every suite of a gate FILE on both models, and end with one verdict.

    PASS if every demand passes, FAIL if any fails (after Holm's correction, so that many suites raise no false alarm),
    else INCONCLUSIVE. Where a suite could not be run to its end there is no verdict.
    """
    plan = gates.load(file)
    given["on"], given["against"] = given["on"] or plan.on, given["against"] or plan.against
    for option in ("on", "against"):
        if given[option] is None:
            raise click.UsageError(f"{file} names no `{option}`: write it there, or give --{option}")
    found = configs.load(configs.find(config)).config
    suites = _suites(plan, file, given["allow"])
    done: dict[str, Found | str] = {}
    folders: dict[str, tuple[Folder, Suite]] = {}
    for path, suite in suites.items():
        folder, done[suite.name] = _run(found, suite, path, given)
        folders[suite.name] = folder, suite
    named = [
        msgspec.structs.replace(demand, suite=suites[path].name) for path, demands in plan.parts for demand in demands
    ]
    gate = decide(named, done)
    for name, (folder, suite) in folders.items():
        outcome = done[name]
        if not isinstance(outcome, str):
            result = msgspec.structs.replace(outcome[0], gate=gate)
            write(folder, suite, result, outcome[1])
            if not as_json:
                show(folder, result, outcome[1], judged=False)
    if as_json:
        terminal.json(gate)
    else:
        terminal.heading(terminal.console(), f"Gate {plan.name}")
        verdict(gate)
    return EXIT[gate.verdict]


def _suites(plan: GatePlan, file: Path, allow: Collection[str]) -> dict[Path, Suite]:
    """The suites of all parts. They are told apart by their names. Raises ConfigError."""
    suites = {path: load(path, allow=allow) for path, _ in plan.parts}
    names = Counter(suite.name for suite in suites.values())
    same = [name for name, count in names.items() if count > 1]
    if same or len(suites) < len(plan.parts):
        told = (
            f"two suites have the name `{same[0]}`; rename one"
            if same
            else "a suite stands there twice; join its margins"
        )
        raise ConfigError([f"{file}: {told}"])
    return suites


def _run(config: Config, suite: Suite, path: Path, given: dict[str, Any]) -> tuple[Folder, Found | str]:
    folder, (journal, arms, options) = begun(config, suite, path, given)
    try:
        end = go(suite, folder, journal, arms, options)
        return folder, conclude(folder, suite, given["confidence"]) if end.finished else end.why
    except AjarError as error:
        return folder, error.message
