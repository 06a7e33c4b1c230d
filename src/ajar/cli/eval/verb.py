"""`ajar eval`: whether a model is better, on cases of one's own."""

from __future__ import annotations

import importlib
import os

import click

COMMANDS = {
    "run": ("ajar.cli.eval.run", "Put a suite to one model, or to two and compare them. `run` may be left out."),
    "gate": ("ajar.cli.eval.gate", "Compare two models on all suites of a gate file: one verdict."),
    "plan": ("ajar.cli.eval.plan", "How many cases it takes to see a difference."),
    "report": ("ajar.cli.eval.report", "Show a run again, and write its reports anew."),
    "import": ("ajar.cli.eval.bring", "Make a suite of another tool's file."),
    "export": ("ajar.cli.eval.export", "Write a run in another tool's format."),
    "schema": ("ajar.cli.eval.schema", "Print the JSON Schema of suites, for editors."),
}
"""Each command with its module, which defines `command`, and its line in the help."""

_EPILOG = """\b
Examples:
  ajar eval refunds.yaml --on support-triage
  ajar eval refunds.yaml --on deployment:new --against deployment:old
  ajar eval refunds.yaml --on new --against old --gate --margin 3%
  ajar eval --resume last
  ajar eval gate swap.yaml
  ajar eval plan --difference 2%

\b
Exit codes with a gate: 0 PASS, 1 FAIL, 2 INCONCLUSIVE, 3 could not run."""


class Commands(click.Group):
    """A group that imports a command when it is used, and takes anything else for what `run` is given."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command, imported now; None where there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        # numpy's algebra starts a thread for each core as it is loaded, and they spin: nothing here is large enough.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with `run` put in where no command is named."""
        if args and args[0] not in COMMANDS and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """One line for each command, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(name="eval", cls=Commands, epilog=_EPILOG, subcommand_metavar="SUITE [OPTIONS]… | COMMAND [ARGS]…")
def verb() -> None:
    """Whether one model is better than another, on cases of your own.

    Puts every case of SUITE to a route or a deployment, scores the answers, and says how sure the numbers are. With
    --against both models get the same cases, and the difference is what is looked at; --gate turns it into a verdict.
    `ajar eval run --help` lists all options.
    """
