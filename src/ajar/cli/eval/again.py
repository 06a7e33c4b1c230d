"""A run that goes on, or is looked at again: what it was begun with holds once more."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.core import ParameterSource

from ajar.cli.eval.options import demands, runs_folder
from ajar.cli.eval.targets import key
from ajar.evals import folder as folders
from ajar.evals.gate.demand import Demand
from ajar.evals.run.target import Aim, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from ajar.config.model import Config
    from ajar.evals.folder import Folder
    from ajar.evals.run.header import Header
    from ajar.evals.sample import Arm
    from ajar.evals.suite.suite import Suite

_LATER = frozenset({"api_key", "against_api_key", "judge_api_key", "judge_base_url"})
"""What may be said for the first time when a run goes on: no key was asked for until now."""


def named(config: Config, run: str) -> Folder:
    """The run of this name; says on standard error which one `last` is. Raises StateError."""
    folder = folders.find(runs_folder(config.server.state_dir), run)
    told(run, folder.path)
    return folder


def told(run: str, path: Path) -> None:
    """Say which run was meant, where its name does not."""
    if run == "last":
        click.echo(f"ajar: the last run is {path}", err=True)


def refuse_other(was: Header, given: Mapping[str, Any], *, free: Collection[str] = ()) -> None:
    """Wrong usage where an option, but for those `free`, says something else than what the run was begun with."""
    begun = _begun(was)
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in begun or name in free or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        before, now = begun[name], given[name]
        if name == "allow":
            now = sorted(set(now))
        elif name.endswith("base_url"):
            now = now.rstrip("/")
        if before != now and not (name in _LATER and before is None):
            had = "without it" if before is None else f"with {_shown(before)}"
            raise click.UsageError(
                f"{parameter.opts[0]} {_shown(now)}: the run was begun {had}; leave the option out, or start a new run"
            )


def confidence(was: Header, given: Mapping[str, Any]) -> float:
    """That of the run, unless another was asked for."""
    source = click.get_current_context().get_parameter_source("confidence")
    return given["confidence"] if source is ParameterSource.COMMANDLINE else was.confidence


def _begun(was: Header) -> dict[str, Any]:
    """By parameter, what each option would have to say to say the same."""
    candidate, baseline = was.targets["candidate"], was.targets.get("baseline")
    return {
        "on": candidate.name,
        "against": baseline and baseline.name,
        "base_url": candidate.base_url,
        "against_base_url": baseline and baseline.base_url,
        "judge_base_url": was.judge and was.judge.base_url,
        "api_key": was.keys.get("candidate"),
        "against_api_key": was.keys.get("baseline"),
        "judge_api_key": was.keys.get("judge"),
        "repeats": was.repeats,
        "seed": was.seed,
        "confidence": was.confidence,
        "allow": sorted(set(was.allow)),
    }


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType]


def restored(was: Header, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a further run that belongs to this one."""
    begun = _begun(was)
    same = {name: begun[name] for name in ("on", "against", "repeats", "seed", "confidence")}
    keys = {name: given[name] or begun[name] for name in ("api_key", "against_api_key", "judge_api_key")}
    return {**same, **keys, "allow": was.allow}


def targets(was: Header, given: Mapping[str, Any]) -> tuple[dict[Arm, Target], Target | None]:
    """The models and the judge that the run was begun with. Raises ConfigError where a key is not there any more."""
    candidate = given["api_key"] or was.keys.get("candidate")
    arms: dict[Arm, Target] = {"candidate": _target(was.targets["candidate"], candidate)}
    if "baseline" in was.targets:
        aim = was.targets["baseline"]
        shared = given["api_key"] if aim.base_url == was.targets["candidate"].base_url else None
        arms["baseline"] = _target(aim, given["against_api_key"] or was.keys.get("baseline") or shared)
    judge = None if was.judge is None else _target(was.judge, given["judge_api_key"] or was.keys.get("judge"))
    return arms, judge


def _target(aim: Aim, variable: str | None) -> Target:
    return Target(**msgspec.structs.asdict(aim), key=key(variable))


def demanded(was: Header, suite: Suite, given: Mapping[str, Any]) -> list[Demand]:
    """The gate's demands: those from the beginning, and margins given anew in their place, which is said."""
    before = was.gate or {}
    now = demands(suite, gate=given["gate"] and not before, margins=given["margins"])
    differing(was, now)
    margins = before | {demand.metric: demand.margin for demand in now}
    return [Demand(suite=suite.name, metric=metric, margin=margin) for metric, margin in margins.items()]


def differing(was: Header, demanded_now: Sequence[Demand]) -> None:
    """Say on standard error what is demanded otherwise than when the run was begun."""
    for demand in demanded_now:
        before = (was.gate or {}).get(demand.metric)
        if before is None:
            what = f"without a margin on `{demand.metric}`" if was.gate else "without a gate"
            click.echo(f"ajar: this run was begun {what}", err=True)
        elif before != demand.margin:
            now = f"it is {demand.margin:g} now"
            click.echo(f"ajar: this run was begun with a margin of {before:g} on `{demand.metric}`; {now}", err=True)


def going_on(path: Path, given: Mapping[str, Any], config: Path | None) -> str:
    """The command that goes on with a run: what its journal does not hold is said again."""
    words = ["ajar", "eval", "--resume", str(path)]
    if given["resume"] is not None:
        words += _anew(given)
    if given["suite"] is not None and given["resume"] is not None:
        words.append(str(given["suite"]))
    if given["cache"] is not None:
        words += ["--cache", str(given["cache"])]
    return shlex.join(words + configured(config))


def configured(config: Path | None) -> list[str]:
    """`--config`, where it was given."""
    return [] if config is None else ["--config", str(config)]


def _anew(given: Mapping[str, Any]) -> list[str]:
    words = ["--gate"] if given["gate"] else []
    for margin in given["margins"]:
        words += ["--margin", margin]
    for name in ("api_key", "against_api_key", "judge_api_key"):
        if given[name] is not None:
            words += [f"--{name.replace('_', '-')}", f"env:{given[name]}"]
    return words
