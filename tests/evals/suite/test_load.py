from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import ConfigError, ConfigUnreadable
from ajar.evals.suite import report
from ajar.evals.suite.load import load

RIGHT = """\
# yaml-language-server: $schema=suite.schema.json
suite: refunds                    # name
description: Does it find the order?
system: You sort messages.
prompt: "Sort this: {{input}}"
request: {temperature: 0, max_tokens: 200}
tags: [de]
checks:
  right: exact
  short: {scorer: length, max: 200}
cases:
  - input: Where is my order 17?
    target: order_status
    tags: [orders]
    cluster: customer-17
  - input: No.
    target: no
    id: denial
    checks: {right: {scorer: exact, ignore_case: true}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(text: str, name: str = "s.yaml") -> list[str]:
    Path(name).write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(Path(name))
    return caught.value.problems


def jsonl(*rows: object, name: str = "c.jsonl") -> None:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    Path(name).write_text("".join(f"{line}\n" for line in lines))


def test_a_suite_is_what_its_file_says(here: Path) -> None:
    Path("s.yaml").write_text(RIGHT)
    suite = load(Path("s.yaml"))
    assert (suite.name, suite.description, suite.count) == ("refunds", "Does it find the order?", 2)
    assert suite.case(0).id == "case-1"
    assert suite.case(1).target == "no", "as in YAML 1.2"
    assert suite.tag_names == ("de", "orders")
    assert suite.body(0)["messages"][1] == {"role": "user", "content": "Sort this: Where is my order 17?"}
    assert list(suite.scorers(1)) == ["right", "short"]


def test_every_fault_is_told_at_once_in_the_order_of_the_lines(here: Path) -> None:
    assert told(
        """\
suite: refunds
request: {temperature: 0, model: x}
checks:
  right: exat
  passed: {scorer: contains, valeu: a}
cases:
  - input: 17
    target: 1.10
    tgas: [orders]
  - input: [{rle: user, content: hi}]
    target:
    id: x
  - target: a
  - input: a
    checks: {a.b: {scorer: length}}
  - input: [{role: usr, content: hi}, {role: user}]
    tags: [""]
    request: {stream: true}
  - text
"""
    ) == [
        "s.yaml:2: `request.model`: may not stand here: the model is said on the command line, with `--on`",
        "s.yaml:4: `checks.right`: there is no scorer `exat`; did you mean `exact`?",
        "s.yaml:5: `checks.passed`: every answer has a metric of this name; call the check something else",
        "s.yaml:5: `checks.passed`: scorer `contains`: unknown option `valeu`; did you mean `value`?",
        "s.yaml:7: case `case-1`: `input`: must be text or a list of messages, not the number 17; write it in quotes",
        "s.yaml:8: case `case-1`: `target`: `1.10` is read as the number 1.1; write `1.1`, or put it in quotes if text "
        "is meant",
        "s.yaml:9: case `case-1`: `tgas`: unknown key; did you mean `tags`?",
        's.yaml:11: case `x`: `target`: is empty; leave the key out, or write the text in quotes: "null"',
        "s.yaml:13: case `case-3`: `input` is missing; add `input: …`",
        's.yaml:15: case `case-4`: `checks."a.b"`: the name of a check is one line without a dot: dots separate a '
        "check from its fields",
        's.yaml:15: case `case-4`: `checks."a.b"`: scorer `length`: there is no bound; add `min` or `max`',
        "s.yaml:16: case `case-5`: `input[0].role`: is none that a message has; did you mean `user`?",
        "s.yaml:16: case `case-5`: `input[1]`: `content` is missing",
        "s.yaml:17: case `case-5`: `tags[0]`: must be one line of at most 200 characters, and not empty",
        "s.yaml:18: case `case-5`: `request.stream`: may not stand here: Ajar itself says how it wants the answer",
        's.yaml:19: case `case-6`: must be a case: a mapping with `input`, not the text "text"',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.yaml:1: the file is empty; a suite is a mapping with `suite`, `checks` and `cases`"),
        ("- a\n", "s.yaml:1: this is a list; a suite is a mapping with `suite`, `checks` and `cases`"),
        ("suite: a\n", "s.yaml:1: `cases` is missing; add `cases: …`"),
        ("suite: a\ncase: []\n", "s.yaml:2: `case`: unknown key; did you mean `cases`?"),
        ("suite: ''\ncases: []\n", "s.yaml:1: `suite`: must not be empty"),
        ("suite: a\ncases: []\n", "s.yaml:1: there is no case here; a suite has at least one"),
        ("suite: a\ncases: {a: 1}\n", "s.yaml:2: `cases`: must be a list of cases or text, not a mapping"),
        ("suite: a\ncases: [{input: x}]\n", "s.yaml:1: no check says whether an answer is good; add `checks`, such as"),
        (
            "suite: a\ntags: de\ncases: []\n",
            's.yaml:2: `tags`: must be a list of texts, not the text "de"; write `[de]`',
        ),
        (
            "suite: a\nprompt: Sort {{imput}}\ncases: c\n",
            "s.yaml:2: `prompt`: must say with `{{input}}` where the input",
        ),
        ("suite: a\ncases: gone.jsonl\n", "s.yaml:2: `cases`: gone.jsonl: there is no such file; correct the path"),
        ("suite: a\ncases: c.csv\n", "s.yaml:2: `cases`: must be a JSONL file: one case, a JSON object, on each line"),
        ("suite: a\ncases: .\n", "s.yaml:2: `cases`: .: this is a directory; `cases` names a JSONL file"),
        ("suite: a\ncases:\n", "s.yaml:2: `cases`: must be a list of cases or text, not nothing; give it a value"),
        (
            "suite: a\nchecks: {r: exact}\ncases:\n- {input: a, target: b}\n- {input: a, target: b, id: case-1}\n",
            "s.yaml:5: case `case-1`: the case in line 4 has this id too; give each its own",
        ),
        (
            "suite: a\ncases:\n- input: a\n  checks: {r: {scorer: exact, value: b}}\n- input: b\n- input: c\n",
            "s.yaml:5: case `case-2`: no check says whether an answer is good; add `checks`, such as `checks: {right: "
            "exact}` (and to 1 more cases)",
        ),
        (
            "suite: a\nchecks: {r: exact}\ncases:\n- input: []\n  target: x\n",
            "s.yaml:4: case `case-1`: `input`: must hold at least one message",
        ),
        (
            "suite: a\nchecks: {r: exact}\ncases:\n- {input: x, target: x}\n- {input: x, target: y, id: 17}\n",
            "s.yaml:5: case `17`: `id`: must be text, not the number 17; write it in quotes",
        ),
        (
            "suite: a\nchecks: {r: python}\ncases: [{input: x}]\n",
            "s.yaml:2: `checks.r`: scorer `python`: `call` is missing",
        ),
        (
            "suite: a\nchecks: {r: {scorer: python, call: 'os:system'}}\ncases: [{input: x}]\n",
            "s.yaml:2: `checks.r`: scorer `python`: may not call the module `os`",
        ),
    ],
)
def test_faults(here: Path, text: str, said: str) -> None:
    assert told(text)[0].startswith(said)


def test_cases_with_faults_are_told_beside_those_of_the_suite(here: Path) -> None:
    assert told("suite: a\nsytem: b\ncases:\n- inptu: a\n  id: x\n") == [
        "s.yaml:2: `sytem`: unknown key; did you mean `system`?",
        "s.yaml:4: case `x`: `inptu`: unknown key; did you mean `input`?",
    ]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("True", "`True` is read as the truth value true; write `true`, or put it in quotes if text is meant"),
        ("007", "`007` is read as the number 7; write `7`, or put it in quotes if text is meant"),
        ("1e3", "`1e3` is read as the number 1000.0; write `1000.0`, or put it in quotes if text is meant"),
        ("~", "is empty; leave the key out"),
        ("null", "is empty; leave the key out"),
        ("[a, 1.10]", "`target[1]`: `1.10` is read as the number 1.1"),
    ],
)
def test_a_target_of_which_yaml_makes_something_else_is_told(here: Path, target: str, said: str) -> None:
    text = f"suite: a\nchecks: {{r: {{scorer: numeric, value: 1}}}}\ncases:\n- input: a\n  target: {target}\n"
    found = told(text)
    assert found[0].startswith("s.yaml:5: case `case-1`: `target")
    assert said in found[0]


@pytest.mark.parametrize("target", ["no", "2026-11-20", "12:30", "0.5", "17", "'1.10'", "{a: 1.10}", "[on, off]"])
def test_a_target_that_shows_what_it_is_is_none(here: Path, target: str) -> None:
    text = f"suite: a\nchecks: {{r: {{scorer: contains, value: x}}}}\ncases:\n- input: a\n  target: {target}\n"
    Path("s.yaml").write_text(text)
    load(Path("s.yaml"))


def test_a_flood_of_faults_is_counted(here: Path) -> None:
    jsonl(*({"input": number} for number in range(300)))
    found = told("suite: a\nchecks: {r: exact}\ncases: c.jsonl\n")
    assert len(found) == report.MOST + 1
    assert found[-1] == f"… and {300 - report.MOST} more"


def test_rows_of_jsonl(here: Path) -> None:
    Path("sub").mkdir()
    jsonl(
        {"input": "a", "target": "b", "cluster": None, "id": "x"},
        "",
        "  ",
        {"input": "c", "target": "d"},
        name="sub/c.jsonl",
    )
    Path("sub/s.yaml").write_text("suite: a\nchecks: {r: exact}\ncases: c.jsonl\n")
    suite = load(Path("sub/s.yaml"))
    assert suite.count == 2
    assert [suite.case(index).id for index in (0, 1)] == ["x", "case-2"]


def test_faults_of_rows_have_their_own_file_and_line(here: Path) -> None:
    jsonl(
        {"input": "a", "target": "b", "id": "one"},
        {"input": 1},
        "",
        {"input": "a"},
        "[",
        '{"input":"a","input":"b","target":"c"}',
        '{"input":"a","target":NaN}',
        '{"input":"a"',
        {"input": "a", "target": "b", "id": "one"},
        {"input": "a", "target": "b", "checks": {"r": "exakt"}},
        "17",
    )
    assert told("suite: a\nchecks: {r: exact}\ncases: c.jsonl\n") == [
        "c.jsonl:2: case `case-2`: `input`: must be text or a list of messages, not the number 1; write it in quotes",
        "c.jsonl:4: case `case-3`: check `r`: there is nothing to compare with; give the case a `target`, or the check "
        "a `value`",
        "c.jsonl:5: this is not JSON: expecting value (column 2); this is a list, and JSONL has one case a line",
        "c.jsonl:6: case `case-5`: the key `input` stands twice; remove one",
        "c.jsonl:7: a number or an escape here is none that JSON has: NaN, Infinity, or half of a character",
        "c.jsonl:8: this is not JSON: expecting ',' delimiter (column 13)",
        "c.jsonl:9: case `one`: the case in line 1 has this id too; give each its own",
        "c.jsonl:10: case `case-9`: `checks.r`: there is no scorer `exakt`; did you mean `exact`?",
        "c.jsonl:11: case `case-10`: must be a case: a mapping with `input`, not the number 17",
    ]


def test_a_row_that_is_no_text(here: Path) -> None:
    Path("c.jsonl").write_bytes(b'{"input": "a", "target": "b"}\n{"input": "\xe9"}\n')
    text = "suite: a\nchecks: {r: exact}\ncases: c.jsonl\n"
    assert told(text) == ["c.jsonl:2: this line is not UTF-8 text; save the file as UTF-8"]
    Path("c.jsonl").write_bytes("{}".encode("utf-16"))
    assert told(text) == ["c.jsonl:1: this is UTF-16 or UTF-32 text; save the file as UTF-8"]


def test_a_file_of_cases_is_no_suite(here: Path) -> None:
    jsonl({"input": "a"})
    with pytest.raises(ConfigError, match=r"^c\.jsonl: this is a file of cases; name it in a suite file"):
        load(Path("c.jsonl"))


def test_what_cannot_be_read_at_all(here: Path) -> None:
    with pytest.raises(ConfigUnreadable, match="there is no such file"):
        load(Path("gone.yaml"))
    os.mkfifo("pipe.jsonl")
    Path("s.yaml").write_text("suite: a\ncases: pipe.jsonl\n")
    Path("writer").write_text("")
    descriptor = os.open("pipe.jsonl", os.O_RDWR)  # so that opening it for reading does not wait
    try:
        with pytest.raises(ConfigError, match="this is no regular file"):
            load(Path("s.yaml"))
    finally:
        os.close(descriptor)


def test_a_suite_in_json(here: Path) -> None:
    Path("s.json").write_text(
        json.dumps(
            {"$schema": "x", "suite": "a", "checks": {"r": "exact"}, "cases": [{"input": "😀", "target": "b"}]},
            indent=1,
        )
    )
    assert load(Path("s.json")).case(0).input == "😀"
    found = told(
        '{"suite": "a",\n "checks": {"r": "exact"},\n "cases": [\n  {"input": "x",\n   "targt": 1}]}', "t.json"
    )
    assert found == ["t.json:5: case `case-1`: `targt`: unknown key; did you mean `target`?"]


def test_a_python_scorer_of_an_allowed_module(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my_scorer.py").write_text("def good(text, case, answer):\n    return True\n")
    monkeypatch.syspath_prepend(str(here))
    Path("s.yaml").write_text("suite: a\nchecks: {r: {scorer: python, call: 'my_scorer:good'}}\ncases: [{input: x}]\n")
    assert load(Path("s.yaml"), allow=["my_scorer"]).count == 1
    with pytest.raises(ConfigError, match="may not call the module `my_scorer`"):
        load(Path("s.yaml"))


KEYS = st.sampled_from(
    ["suite", "cases", "checks", "input", "target", "tags", "id", "role", "content", "scorer", "r", "x", ""]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["exact", "length", "a", "", "user", "{{input}}", "c.jsonl", "no", "1.10", "\x00"])
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5))


@given(st.dictionaries(KEYS, TREES, max_size=6))
def test_any_value_is_a_suite_or_named_faults(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("any") / "s.json"
    path.write_text(json.dumps(value))
    try:
        suite = load(path)
    except ConfigError as error:
        problems = error.problems
    else:
        assert suite.count > 0
        return
    assert problems
    assert all(problem.startswith(f"{path}:") for problem in problems if not problem.startswith("…"))
