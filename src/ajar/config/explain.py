"""What a config means, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.facts import base_url_of, formats_of, is_started, key_source, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.facts import KeySource, ProviderFacts
    from ajar.config.model import Config, Deployment, Route


FORMATS = {
    "openai-chat": "OpenAI Chat Completions",
    "openai-responses": "OpenAI Responses",
    "anthropic": "Anthropic Messages",
    "gemini": "Gemini generateContent",
    "bedrock": "Bedrock Converse",
}
"""How the documentation calls each format."""

_USUAL = "openai-chat"
"""The format that most callers use: `explain` names the deployments that do not speak it."""

_UNITS = {"user": "end users", "header": "values of the header ", "body": "values of the body at "}


class RouteWords(msgspec.Struct, frozen=True):
    """What happens to a request for the route, what is kept of it, and what Ajar does to it."""

    route: str
    plan: str
    bodies: str
    streams: str
    translation: str
    """What happens to that which a translation cannot carry; empty where the usual format is spoken everywhere."""
    rollouts: str
    """What a rollout on it looks at and how it goes; empty where all of that is as usual."""


class KeyWords(msgspec.Struct, frozen=True):
    """Where the API key of a deployment comes from. `present` is None where no key is sent."""

    deployment: str
    text: str
    present: bool | None


def routes(config: Config, providers: Mapping[str, ProviderFacts]) -> tuple[RouteWords, ...]:
    """Every route in words, in the order of the file. The config must be valid."""
    return tuple(_route(name, route, config.deployments, providers) for name, route in config.routes.items())


def keys(config: Config, providers: Mapping[str, ProviderFacts], environ: Mapping[str, str]) -> tuple[KeyWords, ...]:
    """Where the key of every deployment that Ajar does not start comes from, in the order of the file."""
    reached = {name: one for name, one in config.deployments.items() if not is_started(one)}
    return tuple(_key(name, deployment, providers, environ) for name, deployment in reached.items())


def unrouted(config: Config) -> tuple[str, ...]:
    """The deployments that no route uses."""
    used = {name for route in config.routes.values() for name in (route.primary, *route.fallback)}
    return tuple(name for name in config.deployments if name not in used)


def deployment(name: str, one: Deployment, providers: Mapping[str, ProviderFacts]) -> str:
    """A deployment in words: `gpt (gpt-6.1-sol at openai, https://api.openai.com/v1, public-api)`."""
    placed = f", {one.placement}" if one.placement else ""
    spoken = _translated(one, providers)
    told = f", Chat Completions are translated to {FORMATS[spoken]}" if spoken else ""
    return f"{name} ({one.model}{_where(one, providers)}{placed}{told})"


def _where(one: Deployment, providers: Mapping[str, ProviderFacts]) -> str:
    if is_started(one):
        return f", {one.runtime} started by Ajar on this machine"
    row = row_of(one, providers)
    url = base_url_of(one, row) if row else one.base_url
    if one.runtime is not None:
        return f", {one.runtime} started by others, at {url}"
    return f" at {one.provider}, {url}"


def _translated(one: Deployment, providers: Mapping[str, ProviderFacts]) -> str | None:
    """The format that the usual one is translated to; None where the deployment speaks it."""
    row = row_of(one, providers)
    spoken = formats_of(one, row) if row else ()
    return spoken[0] if spoken and _USUAL not in spoken else None


def _route(
    name: str, route: Route, deployments: Mapping[str, Deployment], providers: Mapping[str, ProviderFacts]
) -> RouteWords:
    plan = "; if it fails → ".join(
        deployment(used, deployments[used], providers) for used in (route.primary, *route.fallback)
    )
    last = "." if route.fallback else "; if it fails, the caller gets its error."
    return RouteWords(
        route=name,
        plan=f"{name} → {plan}{last}",
        bodies=(
            "Requests and answers are kept in the journal, with all that they hold."
            if route.bodies == "all"
            else "Requests and answers are not kept; only their figures are."
        ),
        streams=(
            "Streams are metered: token counts are asked for, and taken out again where the caller did not ask."
            if route.meter_streams
            else "Streams pass untouched; token counts are kept only where the caller asks for them."
        ),
        translation=_losses(route, [deployments[used] for used in (route.primary, *route.fallback)], providers),
        rollouts=_rollouts(route),
    )


def _rollouts(route: Route) -> str:
    usual = type(route)(primary="")
    if (route.unit, route.metrics, route.swap) == (usual.unit, usual.metrics, usual.swap):
        return ""
    primary = [name for name, metric in route.metrics.items() if metric.role == "primary"]
    guards = [name for name, metric in route.metrics.items() if metric.role == "guard"]
    steps = ", ".join(f"{step:g}" for step in route.swap.steps)
    kind, _, where = route.unit.partition(":")
    return "".join(
        (
            f"A rollout takes {steps} % of the units ({_UNITS[kind]}{where})",
            f"; {primary[0]} decides" if primary else "",
            f"; {', '.join(guards)} can stop it" if guards else "",
            f"; first comes the gate {route.swap.gate}" if route.swap.gate else "",
            ".",
        )
    )


def _losses(route: Route, plan: list[Deployment], providers: Mapping[str, ProviderFacts]) -> str:
    if route.strict:
        return "A request that a deployment's format cannot carry whole is refused."
    if any(_translated(one, providers) for one in plan):
        return "What a translation cannot carry is dropped, and named in the answer's x-ajar-dropped."
    return ""


def _key(name: str, one: Deployment, providers: Mapping[str, ProviderFacts], environ: Mapping[str, str]) -> KeyWords:
    source, row = key_source(one, providers), row_of(one, providers)
    auth = row.auth if row else ""
    if auth == "google":
        return _google(name, source, environ)
    if auth.startswith("sigv4:") and not (source and (source.named or environ.get(source.variable))):
        return KeyWords(name, "signed with AWS credentials: of the environment, a profile or this machine's role", None)
    if source is None:
        return KeyWords(name, "asked without a key", None)
    usual = "" if source.named else f", the usual one of {one.provider or one.runtime}"
    present = bool(environ.get(source.variable))
    state = "set here" if present else "not set here" if source.required else "not set here, and not required"
    return KeyWords(name, f"key from the environment variable {source.variable}{usual} ({state})", present)


def _google(name: str, source: KeySource | None, environ: Mapping[str, str]) -> KeyWords:
    if source is None:
        return KeyWords(
            name, "a token of Google's default credentials: of the environment or this machine's role", None
        )
    present = bool(environ.get(source.variable))
    state = "set here" if present else "not set here"
    text = f"a token of the service account whose key file the environment variable {source.variable} names ({state})"
    return KeyWords(name, text, present)
