"""Whether the tables of a config fit together, and fit what is known about providers, runtimes and this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ajar.config.facts import ASKED_FOR, formats, formats_of, is_started, key_source, leaves_google, needs, row_of
from ajar.config.model import Deployment
from ajar.config.problem import Problem, hint, quoted
from ajar.config.proof import faults_of_proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ajar.config.facts import ProviderFacts, RuntimeFacts
    from ajar.config.model import Config, Route, Server

_ENV = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_STARTED_ONLY = ("context", "slots", "threads")
_LIMITED = frozenset({"anthropic"})
"""The formats that want a limit on the answer's tokens in each request."""
_PLACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]*")
_PLACES = {
    "region": ("the AWS region to ask in", "us-east-1"),
    "project": ("the Google Cloud project that is billed", "my-project"),
    "location": ("the Google Cloud location to ask in", "global"),
    "api_version": ("the version of its API in each request's address", "2024-10-21"),
}


def validate(
    config: Config,
    providers: Mapping[str, ProviderFacts],
    runtimes: Mapping[str, RuntimeFacts],
    *,
    environ: Mapping[str, str] | None = None,
    model_fault: Callable[[str], str | None] | None = None,
) -> list[Problem]:
    """Every way in which the config cannot be served; empty where it can.

    With `environ`, the environment variables of API keys must be set. `model_fault` tells why a started runtime cannot
    have a model, or None where it can. What only this machine lacks is a problem of the `machine`: the file may be
    right all the same.
    """
    problems = [*_server(config.server), *_presence(config)]
    for name, deployment in config.deployments.items():
        problems += _deployment(name, deployment, providers, runtimes)
        if environ is not None:
            problems += _key_set(name, deployment, providers, environ)
        if model_fault is not None and _is_ours(deployment, runtimes):
            problems += _model(name, deployment, model_fault)
    for name, route in config.routes.items():
        problems += _route(name, route, config.deployments)
    return problems


def _server(server: Server) -> Iterator[Problem]:
    if re.search(r"[\s/]", server.host):
        yield Problem(("server", "host"), 'must be an address or a host name, such as "127.0.0.1" or "0.0.0.0"')
    if server.state_dir.startswith("~"):
        yield Problem(("server", "state_dir"), "`~` is not understood here; write the whole path")


def _presence(config: Config) -> Iterator[Problem]:
    if not config.deployments:
        yield Problem(
            ("deployments",), "there is none; add `[deployments.NAME]` with `model` and `provider` or `runtime`"
        )
    if not config.routes:
        yield Problem(("routes",), 'there is none; add `[routes.NAME]` with `primary = "DEPLOYMENT"`')


def _route(name: str, route: Route, deployments: Mapping[str, Deployment]) -> Iterator[Problem]:
    if name.startswith("deployment:"):
        yield Problem(("routes", name), "no route may start with `deployment:`; rename it")
    seen: set[str] = set()
    plan = [("primary", route.primary), *((index, used) for index, used in enumerate(route.fallback))]
    for place, used in plan:
        path = ("routes", name, "primary") if place == "primary" else ("routes", name, "fallback", place)
        if used not in deployments:
            text = f"no deployment is called {quoted(used)}; {hint(used, deployments, 'the deployments')}"
            yield Problem(path, text)
        elif used in seen:
            yield Problem(path, f"{quoted(used)} stands twice in this route; remove one: to fail over needs another")
        seen.add(used)
    yield from faults_of_proof(("routes", name), route)


def _deployment(
    name: str,
    deployment: Deployment,
    providers: Mapping[str, ProviderFacts],
    runtimes: Mapping[str, RuntimeFacts],
) -> Iterator[Problem]:
    path = ("deployments", name)
    if deployment.provider is not None and deployment.runtime is not None:
        yield Problem(path, "has both `provider` and `runtime`; remove one: a hosted API, or an open-weight server")
    elif deployment.provider is not None:
        yield from _hosted(path, deployment.provider, deployment, providers)
    elif deployment.runtime is not None:
        yield from _runtime(path, deployment.runtime, deployment, runtimes)
    else:
        yield Problem(
            path, 'needs `provider` (a hosted API, such as "openai") or `runtime` (open weights, such as "llama.cpp")'
        )
    yield from _base_url(path, deployment.base_url)
    yield from _api_key(path, deployment, providers)
    yield from _format(path, deployment, providers)
    yield from _unused(path, deployment, providers)


def _hosted(
    path: tuple[str, ...], provider: str, deployment: Deployment, providers: Mapping[str, ProviderFacts]
) -> Iterator[Problem]:
    row = providers.get(provider)
    if row is None:
        text = f"no provider is called {quoted(provider)}; {hint(provider, providers, 'the known providers')}"
        yield Problem((*path, "provider"), text)
        return
    if row.base_url is None and deployment.base_url is None:
        yield Problem(path, f"`base_url` is missing; {provider} has no common address, so give your own")
    yield from _places(path, provider, deployment, row)


def _places(path: tuple[str, ...], provider: str, deployment: Deployment, row: ProviderFacts) -> Iterator[Problem]:
    """Keys that the addresses of the deployment's API hold."""
    for key in needs(deployment, row):
        value: str | None = getattr(deployment, key)
        what, sample = _PLACES[key]
        if value is None:
            yield Problem(path, f"`{key}` is missing; {provider} wants {what}: add {key} = {quoted(sample)}")
        elif not _PLACE.fullmatch(value) or (":" in value and key in ("region", "location")):
            yield Problem((*path, key), f"must be {what}, such as {quoted(sample)}")


def _runtime(
    path: tuple[str, ...], runtime: str, deployment: Deployment, runtimes: Mapping[str, RuntimeFacts]
) -> Iterator[Problem]:
    row = runtimes.get(runtime)
    if row is None:
        text = f"no runtime is called {quoted(runtime)}; {hint(runtime, runtimes, 'the known runtimes')}"
        yield Problem((*path, "runtime"), text)
    elif row.program is None and deployment.base_url is None:
        yield Problem(
            path,
            f"`base_url` is missing; Ajar does not start {runtime}: start it yourself and give its address, "
            'such as base_url = "http://127.0.0.1:8000/v1"',
        )


def _base_url(path: tuple[str, ...], url: str | None) -> Iterator[Problem]:
    if url is None:
        return
    # The address itself is not repeated: it may hold a secret.
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port or a half IPv6 address
        usable = False
        parts = urlsplit("")
    if not usable or not url.isascii() or re.search(r"\s", url):
        yield Problem((*path, "base_url"), 'must be an address such as "https://host:8000/v1"')
    elif "@" in parts.netloc or parts.query or parts.fragment:
        text = "must hold no user, password, `?` or `#`; the file is no place for secrets: use `api_key`"
        yield Problem((*path, "base_url"), text)


def _api_key(
    path: tuple[str, ...], deployment: Deployment, providers: Mapping[str, ProviderFacts]
) -> Iterator[Problem]:
    if deployment.api_key is None:
        row = row_of(deployment, providers)
        usual = row is not None and row.api_key_env is not None and deployment.base_url is None
        if row is not None and row.auth == "google":
            if leaves_google(deployment):
                text = (
                    "`api_key` is missing; this address is none of Google's, and a token of this machine's own account"
                )
                yield Problem(path, f'{text} never goes there: add api_key = "env:NAME", the path of a key file')
            return
        if row is not None and row.key == "required" and not usual and row.auth != "none":
            yield Problem(path, '`api_key` is missing; add api_key = "env:NAME" and set the variable NAME')
        return
    # Never repeat the value: it may be the secret itself.
    if not _ENV.fullmatch(deployment.api_key):
        text = 'must be "env:NAME", the environment variable that holds the key; a secret never stands in the file'
        yield Problem(
            (*path, "api_key"), f"{text}. If this was a real key, replace it: it may have been copied already"
        )


def _format(path: tuple[str, ...], deployment: Deployment, providers: Mapping[str, ProviderFacts]) -> Iterator[Problem]:
    row = row_of(deployment, providers)
    if deployment.format is None or row is None:
        return
    spoken = formats(row.paths_of(deployment.model))
    if deployment.format not in spoken:
        listed = ", ".join(f"`{name}`" for name in spoken)
        yield Problem((*path, "format"), f"this deployment's API does not speak it; it speaks {listed}")


def _unused(path: tuple[str, ...], deployment: Deployment, providers: Mapping[str, ProviderFacts]) -> Iterator[Problem]:
    """Keys that would change nothing, so that whoever wrote them expects something that will not be."""
    started, row = is_started(deployment), row_of(deployment, providers)
    if deployment.api_key is not None and (started or (row is not None and row.auth == "none")):
        yield Problem((*path, "api_key"), "this deployment is asked without a key; remove the line")
    if row is not None:
        wanted = needs(deployment, row)
        for key in ASKED_FOR:
            if getattr(deployment, key) is not None and key not in wanted:
                yield Problem((*path, key), "the address of this deployment's API does not hold it; remove the line")
        if deployment.max_tokens is not None and _LIMITED.isdisjoint(formats_of(deployment, row)):
            text = "only a deployment that is asked in the format `anthropic` wants a limit; remove the line"
            yield Problem((*path, "max_tokens"), text)
    if started:
        return
    usual = Deployment(model=deployment.model)
    for field in _STARTED_ONLY:
        if getattr(deployment, field) != getattr(usual, field):
            yield Problem((*path, field), "only a runtime that Ajar starts heeds this; remove the line")


def _key_set(
    name: str, deployment: Deployment, providers: Mapping[str, ProviderFacts], environ: Mapping[str, str]
) -> Iterator[Problem]:
    source = key_source(deployment, providers)
    if source is None or (source.named and not _ENV.fullmatch(deployment.api_key or "")):
        return
    path = ("deployments", name, "api_key") if source.named else ("deployments", name)
    secret = environ.get(source.variable)
    if not secret and source.required:
        text = f"the environment variable {source.variable} is not set; set it for the process that runs `ajar serve`"
        yield Problem(path, text if source.named else f'{text}, or name another: api_key = "env:NAME"', of="machine")
    elif secret and not _is_path(deployment, providers) and not re.fullmatch(r"[!-~]+", secret):
        text = f"the environment variable {source.variable} holds a space, a line break or another character that no"
        yield Problem(path, f"{text} key has; set it again without", of="machine")


def _is_path(deployment: Deployment, providers: Mapping[str, ProviderFacts]) -> bool:
    """Whether the variable of the deployment's key holds no key, but the path of a key file."""
    row = row_of(deployment, providers)
    return row is not None and row.auth == "google"


def _is_ours(deployment: Deployment, runtimes: Mapping[str, RuntimeFacts]) -> bool:
    """Whether Ajar would start the deployment's server, if nothing else were wrong with it."""
    row = runtimes.get(deployment.runtime or "")
    return row is not None and row.program is not None and deployment.provider is None and is_started(deployment)


def _model(name: str, deployment: Deployment, model_fault: Callable[[str], str | None]) -> Iterator[Problem]:
    fault = model_fault(deployment.model)
    if fault is not None:
        is_path = deployment.model.endswith(".gguf")
        yield Problem(("deployments", name, "model"), fault, of="machine" if is_path else "file")
