from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evals.importers.bring import DATA, bring, refused

if TYPE_CHECKING:
    from pathlib import Path


def config(folder: Path, text: str) -> Path:
    path = folder / "p.yaml"
    path.write_text(text)
    return path


def test_a_configuration(tmp_path: Path) -> None:
    suite, lost, loaded = bring("promptfoo", DATA / "promptfoo.yaml", tmp_path)
    assert suite["description"] == "Which desk does a message belong to?"
    assert suite["tags"] == ["team: support"]
    assert suite["request"] == {"temperature": 0, "max_tokens": 20}
    assert suite["prompt"] == "Sort this message. Answer with one word: order, refund or other.\n\n{{input}}"
    assert suite["checks"] == {
        "word-count": {"scorer": "length", "unit": "words", "max": 3},
        "latency": {"scorer": "latency", "max_ms": 2000},
        "not-is-refusal": {"scorer": "refusal"},
    }
    assert [case["id"] for case in suite["cases"]] == [
        *("an order", "a refund", "a refund, by its desk", "nothing checked that can be carried")
    ]
    assert suite["cases"][2]["checks"] == {
        "desk": {"scorer": "contains", "value": "refund", "ignore_case": True},
        "starts-with": {"scorer": "regex", "pattern": r"\Aref\."},
        "regex": {"scorer": "regex", "pattern": "^(refund|order)$"},
        "llm-rubric": {"scorer": "rubric", "rubric": "Names a desk.", "route": "judge"},
        "levenshtein": {"scorer": "similarity", "value": "refund", "strip": False, "threshold": 0.6667},
        "contains": {"scorer": "contains", "value": "fund"},
    }
    assert loaded.body(0)["messages"][0]["content"].endswith("\n\nWhere is my order 17?")
    assert loaded.tag_names == ("language: de", "language: en", "team: support")
    assert [sentence.split(":")[1] for sentence in lost] == ["10", "15", "37", "54", "56", "59", "61", "63", "66", "74"]
    assert lost[5] == (
        "promptfoo.yaml:59: `similar` compares embeddings, which no scorer does, and is not carried; a `rubric` judges "
        "meaning"
    )


def test_every_prompt_with_every_value_is_a_case_of_one_cluster(tmp_path: Path) -> None:
    suite, lost, loaded = bring("promptfoo", DATA / "promptfoo-chat.yaml", tmp_path)
    assert [case["id"] for case in suite["cases"]] == ["test-1", "test-1-2", "test-1-3", "test-1-4"]
    assert [loaded.cluster_of(index) for index in range(4)] == [0, 0, 0, 0]
    assert [loaded.tags_of(index) for index in range(4)] == [("plain",), ("chat",), ("plain",), ("chat",)]
    assert loaded.body(2)["messages"] == [{"role": "user", "content": "Describe Oslo in English as JSON."}]
    assert loaded.body(1)["messages"] == [
        {"role": "system", "content": "You answer in English."},
        {"role": "user", "content": "Describe Bern as JSON."},
    ]
    assert suite["checks"] == {
        "is-json": {
            "scorer": "json-schema",
            "schema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["name"]},
        },
        "contains-json": {"scorer": "json", "fence": True},
        "equals": {"scorer": "json-schema", "schema": {"const": {"name": "Bern"}}},
        "cost": {"scorer": "cost", "max_usd": 0.001},
        "finish-reason": {"scorer": "finish-reason", "is": "stop"},
    }
    assert lost == [
        "promptfoo-chat.yaml:20: `contains-json` finds JSON anywhere; here it may stand in a fence, and not in prose",
        "promptfoo-chat.yaml:27: a template with `{% … %}` or `{# … #}` is not carried; a case is left out",
    ]


def test_code_and_files_are_refused_all_at_once() -> None:
    said = refused("promptfoo", DATA / "promptfoo-code.yaml")
    assert [sentence.split(": ")[0].split(":")[1] for sentence in said] == [
        *("6", "2", "3", "5", "9", "12", "28", "14", "16", "18", "20", "22")
    ]
    assert said[7] == (
        "promptfoo-code.yaml:14: the assertion `javascript` is code; remove it, or allow code to import the rest "
        "(`--allow-code`)"
    )
    assert said[1] == (
        "promptfoo-code.yaml:2: `file://promptfoo-files/prompt.txt` is a file; it is only read where code is allowed "
        "(`--allow-code`)"
    )


def test_where_code_is_allowed_files_are_read_and_code_is_lost(tmp_path: Path) -> None:
    suite, lost, loaded = bring("promptfoo", DATA / "promptfoo-code.yaml", tmp_path, allow_code=True)
    assert [loaded.body(index)["messages"][0]["content"] for index in range(loaded.count)] == [
        *(
            "Say something about Oslo.",
            "Say nothing about Oslo.",
            "Say something about Bern.",
            "Say nothing about Bern.",
        )
    ]
    assert suite["cases"][0]["checks"] == {"contains": {"scorer": "contains", "value": "Oslo"}}
    assert suite["cases"][2]["checks"] == {
        "contains": {"scorer": "contains", "value": "a note"},
        "contains-2": {"scorer": "contains", "value": "Bern"},
    }
    assert "promptfoo-code.yaml:14: the assertion `javascript` is code, which is not carried" in lost
    assert (
        "promptfoo-code.yaml:27: a test with the option `transform` is left out: it asks or judges another text" in lost
    )
    for line, what in (
        ("3", "`file://make_prompt.py`"),
        ("5", "the provider `file://provider.py`"),
        ("6", "`extensions`"),
    ):
        assert f"promptfoo-code.yaml:{line}: {what} is code, which is not carried" in lost
    assert any("an assertion with `transform` is not carried: it judges another text" in sentence for sentence in lost)


def test_a_test_whose_answers_are_changed_by_code_is_left_out(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        "prompts: [x]\ntests:\n- assert: [{type: contains, value: a}]\n"
        "- options: {transform: output.trim()}\n  assert: [{type: contains, value: b}]\n",
    )
    suite, lost, _ = bring("promptfoo", path, tmp_path, allow_code=True)
    assert len(suite["cases"]) == 1
    assert "p.yaml:4: a test with the option `transform` is left out: it asks or judges another text" in lost


@pytest.mark.parametrize(
    ("assertion", "check"),
    [
        ("{type: equals, value: 5}", {"scorer": "exact", "value": "5", "strip": False}),
        ("{type: equals, value: 5.0}", {"scorer": "exact", "value": "5", "strip": False}),
        ("{type: not-equals, value: x}", {"scorer": "exact", "value": "x", "strip": False, "negate": True}),
        ("{type: contains-all, value: [a, 1]}", {"scorer": "contains", "all": ["a", "1"]}),
        ("{type: icontains-any, value: 'a, b'}", {"scorer": "contains", "any": ["a", "b"], "ignore_case": True}),
        ("{type: not-icontains, value: a}", {"scorer": "contains", "value": "a", "ignore_case": True, "negate": True}),
        ("{type: starts-with, value: 'a (b) *'}", {"scorer": "regex", "pattern": r"\Aa \(b\) \*"}),
        (r"{type: not-regex, value: '^\u00e9+\/$'}", {"scorer": "regex", "pattern": r"^\x{00e9}+\/$", "negate": True}),
        ("{type: is-json}", {"scorer": "json"}),
        (
            '{type: is-json, value: \'{"type": "object"}\'}',
            {
                "scorer": "json-schema",
                "schema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"},
            },
        ),
        ("{type: is-refusal}", {"scorer": "refusal", "expected": True}),
        ("{type: word-count, value: 5}", {"scorer": "length", "unit": "words", "min": 5, "max": 5}),
        ("{type: word-count, value: {min: 2, max: 5}}", {"scorer": "length", "unit": "words", "min": 2, "max": 5}),
        (
            "{type: llm-rubric, value: Good?, threshold: 0.8}",
            {"scorer": "rubric", "rubric": "Good?", "route": "judge", "scale": 10, "threshold": 0.8},
        ),
        (
            "{type: assert-set, assert: [{type: assert-set, threshold: 1, assert: [{type: is-json}]}]}",
            {"scorer": "json"},
        ),
        ("{type: contains, value: a, metric: named}", {"scorer": "contains", "value": "a"}),
    ],
)
def test_assertions(tmp_path: Path, assertion: str, check: object) -> None:
    path = config(tmp_path, f"prompts: [x]\ntests:\n- assert:\n  - {assertion}\n")
    suite, _, loaded = bring("promptfoo", path, tmp_path)
    assert list(suite["checks"].values()) == [check]
    assert loaded.count == 1


@pytest.mark.parametrize(
    ("assertion", "words"),
    [
        ("{type: similar, value: a}", "compares embeddings"),
        ("{type: rouge-n, value: a}", "the assertion `rouge-n` is not carried"),
        ("{type: not-cost, threshold: 1}", "`not-cost` is not carried: its scorer has no opposite"),
        ("{type: not-equals, value: {a: 1}}", "has no opposite"),
        ("{type: cost, metric: c, weight: 0}", "of weight 0, which never fails a test"),
        ("{type: latency}", "without a `threshold` only measures"),
        ("{type: regex, value: 'a(?=b)'}", "check `regex` is left out: scorer `regex`"),
        ("{type: contains, value: '{{a | upper}}'}", "computes something and is not carried; an assertion is left out"),
        ("{type: contains, value: '{{env.KEY}}'}", "a variable of the environment is not carried"),
        ("{type: is-json, value: {type: nonsense}}", "check `is-json` is left out"),
        ("{type: assert-set, threshold: 0.5, assert: [{type: is-json}]}", "of which only a part must pass"),
        ("{value: a}", "without a `type`"),
        ("{type: word-count, value: many}", "`word-count` without a number"),
    ],
)
def test_assertions_that_are_not_carried(tmp_path: Path, assertion: str, words: str) -> None:
    path = config(tmp_path, f"prompts: [x]\ntests:\n- assert:\n  - type: is-refusal\n  - {assertion}\n")
    suite, lost, _ = bring("promptfoo", path, tmp_path)
    assert list(suite["checks"]) == ["is-refusal"]
    found = [sentence for sentence in lost if words in sentence]
    assert len(found) == 1
    assert found[0].startswith(("p.yaml:5: ", "p.yaml:3: "))


@pytest.mark.parametrize("kind", ["javascript", "python", "ruby", "webhook", "not-javascript"])
def test_assertions_that_run_code(tmp_path: Path, kind: str) -> None:
    path = config(tmp_path, f"prompts: [x]\ntests:\n- assert:\n  - {{type: is-json}}\n  - {{type: {kind}, value: x}}\n")
    assert refused("promptfoo", path) == [
        f"p.yaml:5: the assertion `{kind}` is code; remove it, or allow code to import the rest (`--allow-code`)"
    ]
    suite, lost, _ = bring("promptfoo", path, tmp_path, allow_code=True)
    assert list(suite["checks"]) == ["is-json"]
    assert f"p.yaml:5: the assertion `{kind}` is code, which is not carried" in lost


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("prompts: file://p.txt\n", 1),
        ("prompts: [prompts.txt]\n", 1),
        ("prompts: [exec:./make.sh]\n", 1),
        ("prompts: [x]\ndefaultTest: file://d.yaml\n", 2),
        ("prompts: [x]\nnunjucksFilters: {a: ./a.js}\n", 2),
        ("prompts: [x]\nproviders: [{id: 'exec:./run.sh'}]\n", 2),
        ("prompts: [x]\ndefaultTest: {vars: {a: 'file://a.txt'}}\n", 2),
        ("prompts: [x]\ndefaultTest: {vars: vars.yaml}\n", 2),
        ("prompts: [x]\ndefaultTest: {assertScoringFunction: 'file://a.js'}\n", 2),
        ("prompts: [x]\ndefaultTest: {assert: [{type: equals, value: 'file://a.json'}]}\n", 2),
        ("prompts: [x]\ndefaultTest: {options: {transformVars: x}}\n", 2),
    ],
)
def test_what_names_files_or_code_is_refused(tmp_path: Path, text: str, line: int) -> None:
    said = refused("promptfoo", config(tmp_path, f"{text}tests: [{{assert: [{{type: is-json}}]}}]\n"))
    assert len(said) == 1
    assert said[0].startswith(f"p.yaml:{line}: ")
    assert said[0].endswith("(`--allow-code`)")


@pytest.mark.parametrize(
    "tests", ["file://t.csv", "[file://t.py]", "[{path: t.py, config: {}}]", "https://example.com/t"]
)
def test_tests_that_are_elsewhere(tmp_path: Path, tests: str) -> None:
    said = refused("promptfoo", config(tmp_path, f"prompts: [x]\ntests: {tests}\n"))
    assert any("p.yaml:2: " in sentence for sentence in said)


def test_tests_of_files_where_they_may_be_read(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(
        '{"vars": {"a": "1"}, "assert": [{"type": "is-json"}]}\n\n'
        '{"vars": {"a": "2"}, "assert": [{"type": "rouge-n"}]}\n'
    )
    (tmp_path / "chat.json").write_text('[{"role": "user", "content": "Say {{a}}"}]')
    path = config(tmp_path, "prompts: file://chat.json\ntests: [file://t.jsonl]\n")
    _, lost, loaded = bring("promptfoo", path, tmp_path, allow_code=True)
    assert loaded.body(0)["messages"] == [{"role": "user", "content": "Say 1"}]
    assert any(sentence.startswith("t.jsonl:3: the assertion `rouge-n`") for sentence in lost)
    path = config(tmp_path, "prompts: file://gone.txt\ntests: [file://t.jsonl]\n")
    assert refused("promptfoo", path, allow_code=True)[0].endswith("gone.txt: there is no such file; correct the path")


def cases(folder: Path, text: str) -> tuple[list[Any], list[str]]:
    suite, lost, loaded = bring("promptfoo", config(folder, text), folder)
    return [loaded.body(index)["messages"][-1]["content"] for index in range(len(suite["cases"]))], lost


def test_variables(tmp_path: Path) -> None:
    asked, lost = cases(
        tmp_path,
        """\
prompts: ['{{ a.b[0] }}|{{a["c"]}}|{{-n-}}|{{f}}|{{t}}|{{o}}|{{nested}}|{{gone}}|{{none}}']
defaultTest: {assert: [{type: is-json}], vars: {n: 1, f: 2.0, t: true, o: {x: [1]}, none: null}}
tests:
- vars: {a: {b: [x], c: y}, nested: '<{{n}}>'}
""",
    )
    assert asked == ['x|y|1|2|true|{"x":[1]}|<1>||']
    assert lost == ["p.yaml:4: the variable `gone` has no value, and is empty text, as in promptfoo"]


def test_one_prompt_with_one_variable_is_the_suites_own(tmp_path: Path) -> None:
    text = "prompts: ['Say {{ a }}!']\ndefaultTest: {assert: [{type: is-json}]}\ntests:\n"
    suite, _, loaded = bring("promptfoo", config(tmp_path, text + "- vars: {a: [x, y]}\n"), tmp_path)
    assert suite["prompt"] == "Say {{input}}!"
    assert [case["input"] for case in suite["cases"]] == ["x", "y"]
    assert loaded.body(1)["messages"][0]["content"] == "Say y!"
    for other in ("- vars: {a: 1}\n", "- vars: {a: '{{b}}', b: z}\n", "- {vars: {a: x}, options: {prefix: '> '}}\n"):
        suite, _, loaded = bring("promptfoo", config(tmp_path, f"{text}- vars: {{a: x}}\n{other}"), tmp_path)
        assert "prompt" not in suite
        assert loaded.body(0)["messages"][0]["content"] == "Say x!"


def test_what_a_test_says_of_its_prompts(tmp_path: Path) -> None:
    asked, lost = cases(
        tmp_path,
        """\
prompts: [{raw: one, label: 'group:one'}, {raw: two, label: 'group:two'}, three]
defaultTest: {assert: [{type: is-json}], options: {suffix: '.'}}
tests:
- {prompts: ['group:*'], threshold: 0.5, provider: other}
- {prompts: [prompt-3], vars: {l: [1, 2]}, options: {disableVarExpansion: true, prefix: '> '}}
""",
    )
    assert asked == ["one.", "two.", "> three."]
    assert lost == [
        "p.yaml:4: `provider` of a test is not carried",
        "p.yaml:4: the `threshold` of a test is not carried: all its checks must pass",
    ]


def test_without_prompts_a_variable_is_the_prompt(tmp_path: Path) -> None:
    asked, _ = cases(tmp_path, "tests:\n- {vars: {prompt: Hello}, assert: [{type: is-json}]}\n")
    assert asked == ["Hello"]


def test_values_that_only_look_like_programs_are_text(tmp_path: Path) -> None:
    asked, _ = cases(
        tmp_path,
        "prompts: ['{{q}}']\ntests:\n- {vars: {q: 'python: how do I sort?'}, assert: [{type: contains, value: 'https://x.y/z.py'}]}\n",
    )
    assert asked == ["python: how do I sort?"]


def test_lists_that_multiply_without_end_are_refused(tmp_path: Path) -> None:
    values = "[" + "1," * 100 + "1]"
    path = config(tmp_path, f"prompts: [x]\ntests:\n- vars: {{a: {values}, b: {values}, c: {values}}}\n")
    assert refused("promptfoo", path) == [
        "p.yaml:3: the lists of this test's variables make 1030301 cases; 100000 are the most"
    ]


def test_what_is_no_configuration(tmp_path: Path) -> None:
    assert refused("promptfoo", config(tmp_path, "a: 1\n")) == [
        "p.yaml:1: this is no configuration of promptfoo; it has `prompts` and `tests`"
    ]


def test_other_parts_of_a_configuration_are_said_to_be_lost(tmp_path: Path) -> None:
    _, lost, _ = bring(
        "promptfoo",
        config(
            tmp_path,
            "prompts: [x]\nredteam: {}\nscenarios: []\noutputPath: a\ntests: [{assert: [{type: is-json, weight: 2}]}]\n"
            "providers: [{id: a, config: {temperature: 1}}, b]\n",
        ),
        tmp_path,
    )
    assert lost == [
        "p.yaml:2: `redteam` is not carried",
        "p.yaml:3: `scenarios` is not carried",
        "p.yaml:6: which models are asked is no part of a suite; say it with `--on` and `--against`",
        "p.yaml:6: the `config` of several providers is not carried; give the suite a `request`",
        "p.yaml:5: the `weight` of an assertion is not carried: every check must pass",
    ]
