"""`ajar eval import`: a suite made of another tool's file."""

from __future__ import annotations

from pathlib import Path

import click

from ajar.errors import StateError
from ajar.evals import importers
from ajar.evals.suite.load import load
from ajar.evals.suite.write import write


@click.command("import")
@click.argument("kind", type=click.Choice(sorted(importers.NAMES)))
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("suite", type=click.Path(path_type=Path))
@click.option(
    "--allow-code", is_flag=True, help="Import the rest where some assertions run code or read files; none is run."
)
@click.option("--force", is_flag=True, help="Write over SUITE if it is there.")
def command(kind: str, file: Path, suite: Path, *, allow_code: bool, force: bool) -> None:
    """Make SUITE, a YAML file, of another tool's FILE, and say what could not be carried."""
    if suite.exists() and not force:
        raise StateError(f"{suite} is there already: name another file, or give --force")
    imported = importers.read(kind, file, allow_code=allow_code)
    write(imported.suite, suite, force=force)
    for sentence in imported.lost:
        click.echo(f"not carried: {sentence}", err=True)
    cases, lost = load(suite).count, len(imported.lost)
    told = f"{lost:,} thing{'s' if lost != 1 else ''} not carried" if lost else "everything was carried"
    click.echo(f"{suite}: {cases:,} case{'s' if cases != 1 else ''}; {told}")
