"""Whether a request may be asked a second time, of another deployment: it must leave nothing behind. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.wire.fronts import RESPONSES

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask

_LEAN_ON_STATE = frozenset(
    {
        # Responses, and `store` of Chat Completions: what the provider keeps, or goes on with
        "background",
        "conversation",
        "previous_response_id",
        "prompt",
        "store",
        # Anthropic: what runs at the provider
        "container",
        "mcp_servers",
        # searches of the web: OpenAI, xAI, OpenRouter
        "web_search_options",
        "search_parameters",
        "plugins",
        # xAI: an answer that is fetched later
        "deferred",
        "cached_content",  # Gemini
        # what is searched or run at the provider: Azure (with the caller's keys in it), Qwen, Groq
        "data_sources",
        "enable_search",
        "compound_custom",
    }
)
_INSIDE = {
    "input": (b'"mcp_approval_response"', b'"tool_search_output"', b'"additional_tools"'),
    "extra_body": (b'"cached_content"',),
}
"""What lets the provider run something, or leans on what it keeps, deeper in a field. In a text quotes are escaped."""
_PLAIN = ("function", "custom")
"""Tools that the caller runs. All others may be run by the provider, and what they do would be done twice."""

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_tools = msgspec.json.Decoder(list[dict[str, Any]]).decode


def body_of_copy(ask: Ask) -> bytes | None:
    """The body of a copy; None where there must be none.

    It is the caller's, but that Responses are told not to store it: they do so unless they are told.
    """
    body = ask.view.body
    if ask.values is not None and ask.values.state:
        return None
    try:
        # Some parsers take `Tools` for `tools`.
        fields = [(name.casefold(), bytes(value)) for name, value in _decode(body).items()]
        given = [(name, text) for name, text in fields if text not in (b"null", b"false")]
        if any(name in _LEAN_ON_STATE or (name == "tools" and not _plain(text)) for name, text in given):
            return None
        if any(any(word in text for word in _INSIDE.get(name, ())) for name, text in given):
            return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    store = next((text for name, text in fields if name == "store"), None)
    if ask.front is not RESPONSES or store == b"false":
        return body
    if store is not None:
        return None
    begin = body.index(b"{") + 1
    return b'%b"store":false,%b' % (body[:begin], body[begin:])


def _plain(text: bytes) -> bool:
    return all(_is_plain(tool) for tool in _decode_tools(text))


def _is_plain(tool: dict[str, Any]) -> bool:
    """Anthropic's tools have no type, or `custom`. Gemini's search has none either, but is no function."""
    kind = tool.get("type")
    return kind in _PLAIN or (kind is None and ("input_schema" in tool or "function" in tool))
