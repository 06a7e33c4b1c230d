"""`ajar eval schema`: what a suite may hold, for editors."""

from __future__ import annotations

import click

from ajar.cli import terminal
from ajar.evals.suite.schema import schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of suite files. Editors complete and check a suite by it.

    Begin a suite with `# yaml-language-server: $schema=PATH`.
    """
    terminal.json(schema())
