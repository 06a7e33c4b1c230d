from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.cli.eval.targets import judge, key, targets
from ajar.config.model import Config, Deployment, Route, Server
from ajar.config.revision import Revision, table_digest
from ajar.errors import ConfigError
from ajar.evals.scorer import Judge
from ajar.store.revisions import Revisions
from evals.run.small import Small

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = "http://127.0.0.1:7001/v1", "http://127.0.0.1:7002/v1"
CONFIG = Config(
    deployments={"big": Deployment(provider="openai", model="m", api_key="env:K")},
    routes={"r": Route(primary="big"), "s": Route(primary="big")},
)
OWN = "http://127.0.0.1:4000/v1"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("A", "B", "J"):
        monkeypatch.setenv(name, f"sk-{name}")


class Asks(Judge, frozen=True, kw_only=True):
    name = "asks"


def keyed(**given: Any) -> dict[str, str | None]:
    return {arm: target.key for arm, target in targets(CONFIG, "r", "s", **given).items()}


@pytest.mark.parametrize(
    ("given", "candidate", "baseline"),
    [
        ({"key": "A"}, "sk-A", "sk-A"),
        ({"base_url": ONE, "key": "A"}, "sk-A", "sk-A"),
        ({"base_url": ONE, "key": "A", "against_key": "B"}, "sk-A", "sk-B"),
        ({"base_url": ONE, "against_base_url": ONE + "/", "key": "A"}, "sk-A", "sk-A"),
        ({"base_url": ONE, "against_base_url": OTHER, "key": "A"}, "sk-A", None),
        ({"base_url": ONE, "against_base_url": OTHER, "key": "A", "against_key": "B"}, "sk-A", "sk-B"),
        ({"base_url": ONE, "against_base_url": OTHER, "against_key": "B"}, None, "sk-B"),
        ({"against_base_url": OTHER, "key": "A"}, "sk-A", None),
    ],
)
def test_a_key_goes_only_where_it_was_given_for(
    given: dict[str, str], candidate: str | None, baseline: str | None
) -> None:
    assert keyed(**given) == {"candidate": candidate, "baseline": baseline}


@pytest.mark.parametrize(
    ("on", "against", "given"),
    [
        ("r", "r", {}),
        ("big", "deployment:big", {}),
        ("m", "m", {"base_url": ONE}),
        ("m", "m", {"base_url": ONE, "against_base_url": ONE.upper().replace("/V1", "/v1/")}),
        ("m", "m", {"base_url": ONE, "key": "A", "against_key": "B"}),
    ],
)
def test_a_model_is_not_compared_with_itself(on: str, against: str, given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="one model at one address") as raised:
        targets(CONFIG, on, against, **given)
    assert "--against" in str(raised.value)


def test_the_same_name_at_two_addresses_is_two_models() -> None:
    assert len(targets(CONFIG, "m", "m", base_url=ONE, against_base_url=OTHER)) == 2


@pytest.mark.parametrize("url", ["http://u:hunter2@h/v1", "http://h/v1?api-key=hunter2", "http://h/v1#hunter2"])
@pytest.mark.parametrize("option", ["base_url", "against_base_url"])
def test_an_address_with_a_secret_is_refused_and_not_repeated(url: str, option: str) -> None:
    with pytest.raises(ConfigError) as raised:
        targets(CONFIG, "r", "s", **{option: url})
    assert "hunter2" not in str(raised.value)
    with pytest.raises(ConfigError) as raised:
        judge(CONFIG, Small(1, {"a": Asks()}), base_url=url)
    assert "hunter2" not in str(raised.value)


def test_a_key_that_no_header_can_hold_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "sk hunter2")
    with pytest.raises(ConfigError, match="its key holds a blank") as raised:
        targets(CONFIG, "r", None, key="A")
    assert "hunter2" not in str(raised.value)


def test_a_key_is_what_its_variable_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (key("A"), key(None)) == ("sk-A", None)
    monkeypatch.delenv("A")
    with pytest.raises(ConfigError, match="the environment variable A is not set"):
        key("A")


def test_judges_are_asked_at_this_ajar_or_where_they_are_said_to_be() -> None:
    suite = Small(3, {"a": Asks()})
    own = judge(CONFIG, suite, base_url=None, key="J")
    assert own is not None
    assert (own.base_url, own.model, own.key) == (OWN, "", "sk-J")
    other = judge(CONFIG, suite, base_url=ONE + "/", key=None)
    assert other is not None
    assert (other.base_url, other.key) == (ONE, None)


def test_a_suite_without_judges_asks_none() -> None:
    assert judge(CONFIG, Small(3), base_url=ONE, key="J") is None


def test_one_case_with_a_judge_is_enough() -> None:
    class Late(Small):
        def scorers(self, index: int) -> Any:
            return {"a": Asks()} if index == 2 else super().scorers(index)

    assert judge(CONFIG, Late(3)) is not None


def test_a_route_is_asked_as_the_revision_in_force_has_it(tmp_path: Path) -> None:
    route = Route(primary="big", fallback=("spare",))
    config = Config(
        server=Server(state_dir=str(tmp_path)),
        deployments={**CONFIG.deployments, "spare": CONFIG.deployments["big"]},
        routes={"r": route, "s": Route(primary="big")},
    )

    def plans(**given: Any) -> list[tuple[str, ...]]:
        return [target.plan for target in targets(config, "r", "deployment:spare", **given).values()]

    assert plans() == [("big", "spare"), ()]
    assert plans(base_url=ONE) == [(), ()]
    store = Revisions(tmp_path)
    new = Revision(
        route="r", number=1, base=table_digest(route), time=1, by="me", why="", primary="spare", fallback=("big",)
    )
    store.folder.mkdir()
    store.path("r").write_bytes(msgspec.json.encode(new))
    assert plans() == [("spare", "big"), ()]
    store.path("r").write_bytes(msgspec.json.encode(msgspec.structs.replace(new, base="other")))
    assert plans() == [("big", "spare"), ()]
    store.path("r").write_text("damaged")
    assert plans() == [(), ()]
