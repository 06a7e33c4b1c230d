"""Reading the config as a verb does: from the file that applies, held against all that this Ajar knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ajar.config import load
from ajar.config.facts import base_url_of, row_of
from ajar.config.problem import Problem
from ajar.config.validate import validate
from ajar.errors import ConfigError
from ajar.runtimes import models
from ajar.runtimes.registry import RUNTIMES
from ajar.upstream.providers import providers
from ajar.upstream.way import way_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ajar.config.model import Config

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The config file. Otherwise $AJAR_CONFIG, ./ajar.toml, or the built-in one.",
)
"""`--config`, the same for every verb; `ajar.config.load.find` takes its value."""

state_option = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where Ajar keeps its state. Otherwise what the config says.",
)
"""`--state-dir`, for verbs that look at the state; `state_folder` takes its value."""


def read(path: Path | None, environ: Mapping[str, str]) -> load.Loaded:
    """The config in this file (None: the built-in one), sure to be one that can be served from this machine.

    Raises ConfigError with every problem.
    """
    loaded = load.load(path)
    found = problems(loaded, environ)
    if found:
        raise ConfigError(loaded.sentences(found))
    return loaded


def well_formed(path: Path | None) -> load.Loaded:
    """The config in this file, without a fault of its own, whatever this machine lacks. Raises ConfigError."""
    loaded = load.load(path)
    wrong = [problem for problem in problems(loaded, os.environ) if problem.of == "file"]
    if wrong:
        raise ConfigError(loaded.sentences(wrong))
    return loaded


def problems(loaded: load.Loaded, environ: Mapping[str, str]) -> list[Problem]:
    """Why the config cannot be served from this machine; empty where it can."""

    def model_fault(model: str) -> str | None:
        try:
            models.resolve(model, loaded.folder)
        except ConfigError as error:
            return error.problems[0]
        return None

    found = validate(loaded.config, providers(), RUNTIMES, environ=environ, model_fault=model_fault)
    if any(route.checks for route in loaded.config.routes.values()):
        from ajar.rollout.checks import check_faults  # which loads all scorers

        found += check_faults(loaded.config)
    return [*found, *_unreachable(loaded.config, environ)]


def _unreachable(config: Config, environ: Mapping[str, str]) -> Iterator[Problem]:
    urls: dict[str, str] = {}
    for name, deployment in config.deployments.items():
        row = row_of(deployment, providers())
        url = None if row is None else base_url_of(deployment, row)
        if url is not None:
            urls[name] = url
    for name, why in way_faults(urls, environ):
        yield Problem(("deployments", name), why, of="machine")


def state_folder(config: Path | None, state_dir: Path | None) -> Path:
    """Where the state is: `state_dir` where it is given, otherwise where the config says. Raises ConfigError."""
    if state_dir is not None:
        return state_dir
    try:
        loaded = load.load(load.find(config))
    except ConfigError as error:
        told = "the config cannot be read, so it is unknown where the state is; --state-dir PATH says so without it"
        raise ConfigError([*error.problems, told]) from error
    return Path(loaded.config.server.state_dir)
