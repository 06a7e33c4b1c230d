"""The provider table, row by row."""

from __future__ import annotations

import inspect
import re
import string
import tomllib
from importlib import resources
from typing import get_args

import msgspec
import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsBase, CompletionCreateParamsStreaming

from ajar.config.facts import ASKED_FOR, base_url_of, formats_of, needs, paths_of
from ajar.config.model import Deployment
from ajar.upstream.providers import Operation, Provider, providers
from ajar.wire.openai_chat.nulls import OMITS_NULLS
from ajar.wire.openai_chat.request_write import QUIRKS

ROWS = sorted(providers())
FIELDS = {
    *inspect.get_annotations(CompletionCreateParamsBase),
    *inspect.get_annotations(CompletionCreateParamsStreaming),
}
"""The fields of a request as the official client knows them."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def deployment(provider: str, model: str = "m", **keys: str) -> Deployment:
    return Deployment(model=model, provider=provider, **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_whole(name: str) -> None:
    row = providers()[name]
    assert row.name == name
    assert row.source.startswith("https://")
    assert row.formats
    assert re.fullmatch(r"bearer|none|google|header:[a-z-]+|sigv4:[a-z-]+", row.auth)
    assert all(header == header.lower() for header in row.headers)
    assert row.model_in_body or all("{model}" in path for op, path in row.paths.items() if op != "anthropic-count")
    if row.base_url is None:
        assert row.api_key_env is None, "a usual variable would never be used: it is for the row's own address"


@pytest.mark.parametrize("name", ROWS)
def test_every_path_can_be_filled_in_by_what_a_deployment_can_give(name: str) -> None:
    row = providers()[name]
    for paths in (row.paths, *row.models.values()):
        formats = formats_of(deployment(name), row)
        assert formats
        for operation, path in paths.items():
            assert path.startswith("/")
            assert placeholders(path) <= {"model", *ASKED_FOR}
            base, _, more = operation.rpartition("-")  # a count may stand alone
            if more == "stream":
                assert base in paths, f"{operation} belongs to a format that is not there"
    for url in filter(None, (row.base_url, *row.base_url_at.values())):
        assert re.match(r"https://|http://127\.0\.0\.1:", url)
        assert not url.endswith("/")
        assert placeholders(url) <= {"region", "location"}


def test_the_header_explains_every_field_operation_and_quirk() -> None:
    text = resources.files("ajar.upstream").joinpath("providers.toml").read_text("utf-8")
    header = text.partition("\n\n")[0]
    for word in (*Provider.__struct_fields__, *get_args(Operation), *QUIRKS, OMITS_NULLS, "mid_system"):
        assert word == "name" or re.search(rf"(?<![\w-]){word}(?![\w-])", header), word


@pytest.mark.parametrize("name", ROWS)
def test_every_quirk_is_one_that_somebody_heeds(name: str) -> None:
    for quirk in providers()[name].quirks:
        field = quirk.removeprefix("no_")
        assert quirk in (*QUIRKS, OMITS_NULLS) or (field != quirk and field in FIELDS), quirk
    assert providers()[name].stream_usage == ("no_stream_options" not in providers()[name].quirks)


@pytest.mark.parametrize("name", ROWS)
def test_only_refusals_that_may_pass_are_repeated(name: str) -> None:
    retry = providers()[name].retry
    assert all(400 <= status <= 599 for status in retry)
    assert retry >= {408, 429, 502, 503, 504}
    assert not retry & {400, 401, 402, 403, 404, 405, 413, 415, 422}


def test_the_header_names_the_statuses_that_are_repeated_where_a_row_names_none() -> None:
    text = resources.files("ajar.upstream").joinpath("providers.toml").read_text("utf-8")
    header = " ".join(text.partition("\n\n")[0].replace("#", " ").split())
    assert (
        f"where absent, those of OpenAI's and Anthropic's own clients: {sorted(providers()['openai'].retry)}" in header
    )


def test_the_order_in_the_file_is_the_order_of_preference() -> None:
    assert providers()["xai"].formats == ("openai-responses", "openai-chat")
    assert providers()["openai"].formats == ("openai-chat", "openai-responses")
    assert providers()["vllm"].formats == ("openai-chat", "openai-responses", "anthropic")


def test_a_typing_error_in_a_row_is_found() -> None:
    text = resources.files("ajar.upstream").joinpath("providers.toml").read_text("utf-8")
    assert msgspec.convert(tomllib.loads(text), dict[str, Provider])
    for right, wrong in (
        ("metered = false", "meterd = false"),
        ("\nopenai-chat = ", "\nopenai-char = "),
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(tomllib.loads(text.replace(right, wrong)), dict[str, Provider])


@pytest.mark.parametrize(
    ("model", "paths"),
    [
        ("anthropic.claude-opus-4-8", {"anthropic", "anthropic-count"}),
        ("openai.gpt-5.5", {"openai-responses"}),
        ("openai.gpt-oss-120b", {"openai-chat", "openai-responses"}),
        ("openai.gpt-oss-safeguard-20b", {"openai-chat"}),
        ("google.gemma-4-31b", {"openai-chat"}),
    ],
)
def test_the_longest_beginning_of_a_models_name_says_which_paths_it_has(model: str, paths: set[str]) -> None:
    row = providers()["bedrock-mantle"]
    assert set(row.paths_of(model)) == paths
    if model == "openai.gpt-5.5":
        assert row.paths_of(model)["openai-responses"] == "/openai/v1/responses"
    if model == "openai.gpt-oss-120b":
        assert row.paths_of(model)["openai-responses"] == "/v1/responses"


def test_a_named_format_is_the_only_one() -> None:
    row = providers()["vllm"]
    only = deployment("vllm", format="anthropic")
    assert set(paths_of(only, row)) == {"anthropic", "anthropic-count"}
    assert formats_of(only, row) == ("anthropic",)
    azure = providers()["azure"]
    assert needs(deployment("azure"), azure) == ("api_version",)
    assert needs(deployment("azure", format="openai-responses"), azure) == ()


@pytest.mark.parametrize(
    ("provider", "keys", "url"),
    [
        ("bedrock", {"region": "eu-west-1"}, "https://bedrock-runtime.eu-west-1.amazonaws.com"),
        ("vertex", {"location": "europe-west4"}, "https://europe-west4-aiplatform.googleapis.com/v1beta1"),
        ("vertex", {"location": "global"}, "https://aiplatform.googleapis.com/v1beta1"),
        ("vertex-anthropic", {"location": "eu"}, "https://aiplatform.eu.rep.googleapis.com/v1"),
        ("openai", {"base_url": "https://proxy.test/v1"}, "https://proxy.test/v1"),
        ("azure", {}, None),
    ],
)
def test_where_an_api_starts(provider: str, keys: dict[str, str], url: str | None) -> None:
    assert base_url_of(deployment(provider, **keys), providers()[provider]) == url


def test_what_a_deployment_must_give() -> None:
    def wanted(provider: str, **keys: str) -> tuple[str, ...]:
        return needs(deployment(provider, **keys), providers()[provider])

    assert wanted("openai") == ()
    assert wanted("bedrock") == ("region",)
    assert wanted("bedrock", base_url="https://vpce-1.test") == ("region",), "the signature holds it"
    assert wanted("vertex") == ("project", "location")
    assert wanted("vertex", base_url="https://proxy.test") == ("project", "location")
