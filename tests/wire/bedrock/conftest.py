"""AWS's own description of Converse, as botocore ships it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from collections.abc import Callable

# What the description says in words, or in patterns that the validator does not look at.
_DOCUMENT_NAME = re.compile(r"[A-Za-z0-9\-()\[\]]+(?: [A-Za-z0-9\-()\[\]]+)*")
_CALL_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")


@pytest.fixture(scope="session")
def valid() -> Callable[[bytes], dict[str, Any]]:
    """Returns the decoded body of a Converse request; fails where AWS's description does not allow it."""
    shape = Session().get_service_model("bedrock-runtime").shape_for("ConverseRequest")

    def check(body: bytes) -> dict[str, Any]:
        value = json.loads(body)
        report = ParamValidator().validate({"modelId": "m", **_with_bytes(value, shape)}, shape)
        assert not report.has_errors(), report.generate_report()
        _check_words(value)
        return value

    return check


def _with_bytes(value: Any, shape: Any) -> Any:
    """The value as an SDK takes it: bytes, where the wire has base64."""
    if shape.type_name == "blob":
        return b64decode(value, validate=True)
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        members = shape.members
        return {name: _with_bytes(each, members[name]) if name in members else each for name, each in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_with_bytes(each, shape.member) for each in value]
    return value


def _check_words(request: dict[str, Any]) -> None:
    names: list[str] = []
    tools = False
    for turn in request.get("messages", ()):
        assert turn["content"], "a turn without content"
        blocks = turn["content"] + [
            each for block in turn["content"] for each in block.get("toolResult", {}).get("content", ())
        ]
        for block in blocks:
            tools = tools or "toolUse" in block or "toolResult" in block
            assert "text" not in block or block["text"].strip(), "blank text"
            assert turn["role"] == "user" or not {"image", "document"} & block.keys()
            if "document" in block:
                names.append(block["document"]["name"].lower())
                assert _DOCUMENT_NAME.fullmatch(names[-1])
            for kind in ("toolUse", "toolResult"):
                if kind in block:
                    assert _CALL_ID.fullmatch(block[kind]["toolUseId"])
            if "toolResult" in block:
                assert block["toolResult"]["content"]
        if any("document" in block for block in turn["content"]):
            assert any("text" in block for block in turn["content"]), "a document without a text"
    assert len(names) == len(set(names)), "documents of the same name"
    assert not tools or request.get("toolConfig"), "tool blocks without toolConfig"
