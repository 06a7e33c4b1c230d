"""`ajar wire`: what a request or an answer becomes in another format, and what is lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO, get_args

import click
import msgspec

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Format
from ajar.domain.dialog.request import ChatRequest
from ajar.domain.ids import uuid7
from ajar.upstream.providers import Provider, providers
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS
from ajar.wire.fronts import CHAT, MESSAGES, RESPONSES
from ajar.wire.made import Made

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = list(get_args(Format))
_WRITERS = {front.format: front.writer for front in (CHAT, RESPONSES, MESSAGES)}
LOST = 1


@click.group()
def wire() -> None:
    """Look at how one API's requests and answers become another's."""


@wire.command()
@click.argument("file", type=click.File("rb"))
@click.option("--from", "source", type=click.Choice(_NAMES), required=True, help="The format of FILE.")
@click.option("--to", "target", type=click.Choice(_NAMES), required=True, help="The format that is wanted.")
@click.option(
    "--kind",
    type=click.Choice(["request", "answer", "stream"]),
    default="request",
    show_default=True,
    help="What FILE holds: a request's body, an answer's body, or a recorded stream.",
)
@click.option("--provider", help="Write for this provider, with its quirks; a row of the provider table.")
@click.option("--model", default="the-model", show_default=True, help="The model to write for.")
@click.option("--keep", is_flag=True, help="Keep opaque values, as for the account that issued them.")
@click.option("--strict", is_flag=True, help="End with 1 where something is lost.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: `result` and `dropped`.")
def convert(
    file: BinaryIO,
    source: Format,
    target: Format,
    kind: str,
    provider: str | None,
    model: str,
    keep: bool,
    strict: bool,
    as_json: bool,
) -> int:
    """Translate FILE (- for standard input), and name what cannot be carried.

    The translation goes to standard output, what was dropped to standard error.

    \b
    Example:
      ajar wire convert --from anthropic --to openai-chat request.json
    """
    losses = Losses()
    back = _back(model, provider, keep)
    data = _KINDS[kind](file.read(), source, target, back, losses)
    if as_json:
        result = data.decode() if kind == "stream" else msgspec.Raw(data)
        click.echo(msgspec.json.encode({"result": result, "dropped": losses.names}).decode())
    else:
        click.echo(data.decode() if kind == "stream" else msgspec.json.format(data, indent=2).decode())
        click.echo(f"dropped: {', '.join(losses.names)}" if losses else "nothing was dropped", err=True)
    return LOST if strict and losses else 0


def _back(model: str, provider: str | None, keep: bool) -> Back:
    row: Provider | None = None
    if provider is not None:
        row = providers().get(provider)
        if row is None:
            raise click.UsageError(f"there is no provider `{provider}`; there are {', '.join(sorted(providers()))}")
    return Back(
        model=model,
        keeps=lambda _: keep,
        quirks=frozenset(row.quirks) if row else frozenset(),
        reasoning_field=row.reasoning_field if row else "reasoning_content",
    )


def _request(data: bytes, source: Format, target: Format, back: Back, losses: Losses) -> bytes:
    return FORMATS[target].write_request(FORMATS[source].read_request(data), back, losses)


def _answer(data: bytes, source: Format, target: Format, back: Back, losses: Losses) -> bytes:
    answer = FORMATS[source].read_answer(data)
    return FORMATS[target].write_answer(answer, _asked(target, back), _made(back), losses)


def _stream(data: bytes, source: Format, target: Format, back: Back, losses: Losses) -> bytes:
    if target not in _WRITERS:
        raise click.UsageError(f"callers have no {target} streams; choose {', '.join(_WRITERS)}")
    reader = FORMATS[source].stream_reader()
    writer = _WRITERS[target](_asked(target, back), _made(back), losses)
    return writer.write(reader.feed(data) + reader.finish())


_KINDS: dict[str, Callable[[bytes, Format, Format, Back, Losses], bytes]] = {
    "request": _request,
    "answer": _answer,
    "stream": _stream,
}


def _asked(target: Format, back: Back) -> ChatRequest:
    """The least that an answer can be the answer to."""
    return ChatRequest(format=target, model=back.model, messages=[], include_usage=True)


def _made(back: Back) -> Made:
    return Made(uuid7(), int(time.time()), back.model)
