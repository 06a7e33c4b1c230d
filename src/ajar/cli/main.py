"""The command `ajar`: which verbs there are, and how a run of one ends."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

import click

from ajar import __version__
from ajar.errors import AjarError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_USAGE = 64
COULD_NOT_RUN = 3

VERBS = {
    "serve": ("ajar.cli.serve", "Start the service: gateway, models and all that they need."),
    "check": ("ajar.cli.check", "Check the config, and say in plain words what it means."),
    "routes": ("ajar.cli.routes", "Show each route's deployments, and how they are now."),
    "swap": ("ajar.cli.swap.verb", "Let another model take a route over, with proof."),
    "rollback": ("ajar.cli.rollback", "Put a route back to the model that answered it before, now."),
    "drill": ("ajar.cli.drill", "Rehearse on a route the loss of a deployment or a provider."),
    "key": ("ajar.cli.key", "Create, list and revoke the API keys of callers."),
    "traffic": ("ajar.cli.traffic", "Look at what was asked and answered."),
    "eval": ("ajar.cli.eval.verb", "Score models on your own cases, and compare them with proof."),
    "audit": ("ajar.cli.audit", "See what was decided, and prove that nothing of it was changed."),
    "wire": ("ajar.cli.wire", "See what one API's requests and answers become in another's."),
}
"""Each verb with the module that defines it under the same name, and its line in `ajar --help`."""

_NAMES = {"eval": "verb"}
"""What a verb is called in its module, where Python has something else of that name."""

_EPILOG = """\b
Examples:
  ajar serve                   serve ./ajar.toml, or else the shipped model
  ajar check                   is the config right, and what does it mean?
  ajar key create web-shop     a key for one caller
  ajar traffic tail            the newest requests
  ajar eval refunds.yaml --on new --against old
  ajar swap web-shop --to new  let it take over, step by step

\b
Exit codes: 0 done or pass, 1 fail, 2 inconclusive, 3 could not run,
64 wrong usage."""


class Verbs(click.Group):
    """A group that imports the module of a verb when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The verbs, in the order of use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The verb's command, imported now; None where there is no such verb."""
        if cmd_name not in VERBS:
            return None
        module, _ = VERBS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), _NAMES.get(cmd_name, cmd_name))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown verb is answered with the one that was probably meant."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            from ajar.config.problem import hint, quoted, shortened

            said = f"there is no command {quoted(shortened(args[0]))}; {hint(args[0], VERBS, 'the commands')}"
            raise click.UsageError(said, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """One line for each verb, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


@click.group(
    cls=Verbs, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="ajar", message="%(prog)s %(version)s")
def ajar() -> None:
    """Run open-weight models and closed model APIs behind one endpoint, and swap them with proof."""


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line, and return its exit code.

    Errors that Ajar raises on purpose, and those of files, become lines on stderr. Any other keeps its traceback, but
    ends with 3: the interpreter's own 1 would read as a gate's FAIL.
    """
    _tolerate_narrow_encodings()
    given = sys.argv[1:] if args is None else args
    if sys.stdout is None and list(given[:1]) != ["serve"]:  # pyright: ignore[reportUnnecessaryComparison] - None if closed
        _say("standard output is closed: there is nowhere to print to")
        return COULD_NOT_RUN
    out = sys.stdout
    try:
        result: object = ajar.main(given, prog_name="ajar", standalone_mode=False)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return WRONG_USAGE
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "ajar"
        _say(f"{error.format_message()}\nTry `{command} --help`.")
        return WRONG_USAGE
    except click.ClickException as error:
        _say(error.format_message())
        return COULD_NOT_RUN
    except (click.Abort, KeyboardInterrupt):
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return _left_alone()
    except SystemExit:
        if sys.stdout is out:
            raise
        # After a broken pipe click puts another stream in its place, and exits with 1.
        sys.stdout = out
        return _left_alone()
    except ConfigError as error:
        _say("\n".join(error.problems))
        return COULD_NOT_RUN
    except AjarError as error:
        _say(error.message)
        return COULD_NOT_RUN
    except OSError as error:
        _forget_unwritten()
        what = (error.strerror or str(error)).lower()
        _say(f"{os.fsdecode(error.filename)}: {what}" if isinstance(error.filename, str | bytes) else what)
        return COULD_NOT_RUN
    except Exception:
        _forget_unwritten()
        _say(traceback.format_exc(), mark="")
        return COULD_NOT_RUN
    return result if isinstance(result, int) else 0


def _say(text: str, mark: str = "ajar: ") -> None:
    with contextlib.suppress(OSError):  # where stderr is gone too, the exit code alone has to tell
        for line in text.splitlines():
            click.echo(f"{mark}{line}", err=True)


def _tolerate_narrow_encodings() -> None:
    """Where the terminal cannot show an arrow it shows a question mark: no reason to end with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _left_alone() -> int:
    _forget_unwritten()
    return 128 + signal.SIGPIPE


def _forget_unwritten() -> None:
    """What could not be written is still buffered, and would fail once more as the interpreter ends: drop it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except AttributeError:  # closed from the beginning
            continue
