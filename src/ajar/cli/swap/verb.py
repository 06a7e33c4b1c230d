"""`ajar swap`: another model for a route, with proof, or back by itself."""

from __future__ import annotations

import importlib
import os

import click

COMMANDS = {
    "start": ("ajar.cli.swap.start", "Let a deployment take a route over. `start` may be left out."),
    "status": ("ajar.cli.swap.status", "Where a rollout is, and what the evidence says."),
    "watch": ("ajar.cli.swap.watch", "See the evidence as it grows."),
    "pause": ("ajar.cli.swap.orders", "Give the control all requests, until it goes on."),
    "resume": ("ajar.cli.swap.orders", "Go on with a paused rollout."),
    "abort": ("ajar.cli.swap.orders", "End a rollout: the control stays."),
    "write": ("ajar.cli.swap.write", "Put what came out of it into the config file."),
    "list": ("ajar.cli.swap.listing", "List the rollouts that there were."),
}
"""Each command with its module, and its line in the help."""

_NAMES = {"pause": "pause", "resume": "resume", "abort": "abort"}
"""What a command is called in its module, where that defines more than `command`."""

_EPILOG = """\b
Examples:
  ajar swap support-triage --to triage-v2 --plan     what would happen, and how long it takes
  ajar swap support-triage --to triage-v2            begin; it goes on by itself
  ajar swap support-triage --to triage-v2 --gate suites/triage/gate.yaml --wait
  ajar swap watch support-triage                     the evidence as it grows
  ajar swap abort support-triage --why "wrong model"
  ajar swap write support-triage                     the result into ajar.toml
  ajar swap -- status --to triage-v2                 a route that is called like a command

\b
Exit codes with --wait and of `watch`: 0 promoted; 1 rolled back, or stopped
by the gate or the shadow; 2 inconclusive or aborted; 3 could not run."""


class Commands(click.Group):
    """A group that imports a command when it is used, and takes anything else for what `start` is given."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command, imported now; None where there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        # numpy's algebra starts a thread for each core as it is loaded, and they spin: nothing here is large enough.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, _NAMES.get(cmd_name, "command"))
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with `start` put in where no command is named: always behind `--`."""
        if args and args[0] == "--":
            args = ["start", *args[1:]]
        elif args and args[0] not in COMMANDS and args[0] not in ("-h", "--help"):
            args = ["start", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """One line for each command, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, epilog=_EPILOG, subcommand_metavar="ROUTE --to DEPLOYMENT [OPTIONS]… | COMMAND [ARGS]…")
def swap() -> None:
    """Let another deployment take a route over, and prove on the way that nothing gets worse.

    A preflight, the offline gate, shadow copies, then a growing share of the live traffic: the deployment is promoted
    once it is proven to be no worse, and rolled back by itself the moment the evidence says that it is. The running
    service does all of it; `ajar swap start --help` lists the options.
    """
