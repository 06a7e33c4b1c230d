from __future__ import annotations

import msgspec
import pytest
from rich.pretty import pretty_repr

from ajar.config.model import Price
from ajar.errors import ConfigError
from ajar.evals.run.target import Target

SECRET = "sk-hidden"
TARGET = Target(name="new", base_url="http://127.0.0.1:4000/v1", model="r", key=SECRET)


def test_the_key_is_shown_nowhere() -> None:
    assert SECRET not in repr(TARGET) + str(TARGET) + pretty_repr(TARGET)
    assert SECRET.encode() not in msgspec.json.encode(TARGET.aim())


@pytest.mark.parametrize("key", ["sk a", "sk-\n", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_told_without_it(key: str) -> None:
    assert TARGET.credential() == SECRET
    assert msgspec.structs.replace(TARGET, key=None).credential() == ""
    with pytest.raises(ConfigError, match=r"^new: its key holds a blank") as raised:
        msgspec.structs.replace(TARGET, key=key).credential()
    assert key not in str(raised.value)


def test_a_price_is_the_deployments_own_or_the_common_one() -> None:
    own, common = Price(input=1, output=1), Price(input=2, output=2)
    both = msgspec.structs.replace(TARGET, prices={"gpt": own, "": common})
    assert both.price("gpt") is own
    assert both.price("other") is both.price(None) is common
    assert msgspec.structs.replace(TARGET, prices={"gpt": own}).price("other") is None


@pytest.mark.parametrize("url", ["127.0.0.1:4000/v1", "http://", "https://key@host/v1", "http://host/v1?x=1"])
def test_an_address_that_cannot_be_one_is_told_with_the_targets_name(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^new: .*base URL"):
        Target(name="new", base_url=url).address()
