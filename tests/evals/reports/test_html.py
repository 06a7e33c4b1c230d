"""The HTML report as text: what is in it, and that nothing from outside acts in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import msgspec
import pytest

from ajar.evals.reports.flip import Flip, Flips, flips
from ajar.evals.reports.html import render
from ajar.evals.result import Gate
from doubles.finished_run import MadeSuite, decision, measure, result, sample, samples, share, tags, timing

HOSTILE = '</pre><script>window.pwned = 1</script><img src="https://evil.example/x" onerror="pwned()">'


class Elements(HTMLParser):
    """Every element and attribute that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src", "action", "data"}}


def made(**more: object) -> str:
    suite = MadeSuite(60)
    return render(
        result(gate=Gate(verdict="PASS", decisions=[decision()])), timing(), flips(suite, lambda: samples(suite))
    )


def words(page: str) -> str:
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<body>")[2]))


def test_one_file_without_script_or_request() -> None:
    seen = Elements(made())
    assert not seen.names & {"script", "img", "iframe", "object", "embed", "base", "form", "video", "audio"}
    assert not {name for name in seen.attributes if name.startswith("on")} | (seen.attributes & {"style", "srcset"})
    assert all(link.startswith("#") or link == "data:," for link in seen.links)
    assert "@import" not in made()
    assert "url(" not in made()


def test_the_policy_allows_nothing_but_the_one_style() -> None:
    page = made()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert style is not None
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    rules = policy[1].replace("&#39;", "'").split("; ")
    assert rules == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_every_link_leads_to_a_part_that_is_there() -> None:
    for page in (made(), render(result(baseline=False), timing(baseline=False))):
        for link in Elements(page).links - {"data:,"}:
            assert f'id="{link[1:]}"' in page


def test_the_verdict_with_its_sentence_and_the_numbers() -> None:
    text = words(made())
    assert "PASS The interval of the difference, +2.5 to +7.5 points, lies above the margin of −3 points." in text
    assert "triage-v2 · passed 91.7% candidate, 89.5% to 93.9%" in text
    assert "difference +5.0 points +2.5 to +7.5, better" in text
    assert "cases better · worse 50 · 20" in text


def test_what_a_run_was_and_how_it_was_computed() -> None:
    text = words(made())
    assert "Seed 20261121" in text
    assert "5f3a" * 16 in text
    assert "run_01JD9Q4W8E2V7" in text
    assert "Tango" in text
    assert "Smallest difference to be seen" in text
    assert "passed 3.6 points" in text
    assert "Exact two-sided p of passed: 0.0004. Told beside the interval; it decides nothing." in text


def test_a_gate_of_several_demands_lists_them() -> None:
    other = decision("INCONCLUSIVE", "latency_ms", 2.0, why="the interval holds the margin", comparison=None)
    elsewhere = decision(suite="other", why="it lies above the margin")
    gate = Gate(verdict="INCONCLUSIVE", decisions=[decision(), other, elsewhere])
    text = words(render(result(gate=gate), timing()))
    assert "1 of 3 demands. The first, triage · latency: the interval holds the margin." in text
    assert "triage · latency INCONCLUSIVE 2 ms" in text
    assert "other · passed PASS 3 points" in text
    assert "beyond the margin (passed 3 points, latency 2 ms)" in text


def test_without_a_gate_the_difference_is_told() -> None:
    text = words(render(result(), timing()))
    assert "Better The candidate is better: +5.0 points on passed (95% interval +2.5 to +7.5)." in text


def test_what_is_the_same_in_every_case_is_no_difference() -> None:
    same = measure("input_tokens", "tokens", 61.4, 61.4, 6.3, wins=0, losses=0, ties=600)
    made = msgspec.structs.replace(result(), metrics=[share("passed", 0.9, 0.8), same])
    text = words(render(made, timing()))
    assert "input tokens 61.4 61.4 0.0 −6.3 to +6.3 600 no difference" in text
    assert "no difference: the same in every case" in text
    assert "no difference: the same in every case" not in words(render(result(), timing()))


def test_one_case_is_one_case() -> None:
    made = msgspec.structs.replace(result(), about=msgspec.structs.replace(result().about, cases=1))
    text = words(render(made, timing()))
    assert "evaluation of 1 case " in text
    assert "1 cases" not in text


def test_without_a_baseline_there_is_nothing_to_compare() -> None:
    text = words(render(result(baseline=False), timing(baseline=False)))
    assert "91.7% Passed, 95% interval 89.5% to 93.9%. No gate was asked for." in text
    assert "baseline" not in text.replace("There is no baseline", "")


def test_nothing_that_could_be_judged() -> None:
    empty = msgspec.structs.replace(result(), metrics=[], tags=[], spreads=[])
    text = words(render(empty, msgspec.structs.replace(timing(), metrics=[], spreads=[])))
    assert "Nothing judged" in text
    assert "timeout 3 1" in text


def test_the_fields_that_lost_most_come_first() -> None:
    text = words(made())
    assert text.index("fields.urgency") < text.index("fields.language") < text.index("fields.queue")


def test_many_tags_are_folded_away() -> None:
    text = words(made())
    assert "2 more tags" in text
    assert "Every check by tag" in text


def hostile_flip() -> Flips:
    suite = MadeSuite(2)
    answers = [
        sample(0, "candidate", "x", suite=suite, text=HOSTILE, finish_reason=HOSTILE, model=HOSTILE),
        sample(0, "baseline", "billing", suite=suite, text=HOSTILE + "\x1b[31m\x00\u202e"),
    ]
    (flip,) = flips(suite, lambda: answers).kept
    told: Flip = msgspec.structs.replace(
        flip, id=HOSTILE, tags=(HOSTILE,), input=[{"role": HOSTILE, "content": HOSTILE}], target={"x": HOSTILE}
    )
    return Flips(metric="passed", kept=[told], regressions=1, improvements=0)


def hostile_page() -> str:
    """Whatever others can write is hostile."""
    made_result = result(gate=Gate(verdict="FAIL", decisions=[decision("FAIL", why=HOSTILE)]))
    about = msgspec.structs.replace(
        made_result.about, suite=HOSTILE, description=HOSTILE, run=HOSTILE, suite_digest=HOSTILE
    )
    arms = {
        name: msgspec.structs.replace(
            arm, target=HOSTILE, base_url=HOSTILE, models={HOSTILE: 3}, deployments={HOSTILE: 1}, errors={HOSTILE: 2}
        )
        for name, arm in made_result.arms.items()
    }
    metrics = [msgspec.structs.replace(metric, name=HOSTILE + metric.name) for metric in made_result.metrics]
    found = [msgspec.structs.replace(tag, tag=HOSTILE) for tag in tags()]
    return render(
        msgspec.structs.replace(made_result, about=about, arms=arms, metrics=metrics, tags=found),
        timing(),
        hostile_flip(),
    )


def test_hostile_text_is_text() -> None:
    page = hostile_page()
    seen = Elements(page)
    assert not seen.names & {"script", "img"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert "&lt;script&gt;" in page


def test_control_characters_are_shown_and_half_characters_replaced() -> None:
    page = hostile_page()
    assert "\u241b[31m\u2400" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", page)
    broken = msgspec.structs.replace(result().about, suite="half \ud800")
    render(msgspec.structs.replace(result(), about=broken), timing()).encode("utf-8")


@pytest.mark.parametrize("count", [0, 3])
def test_flips_that_are_not_shown_are_told(count: int) -> None:
    suite = MadeSuite(60)
    found = flips(suite, lambda: samples(suite), most=count)
    text = words(render(result(), timing(), found))
    total = found.regressions + found.improvements
    assert (f"Shown are {count}." in text) == (count > 0)
    assert total > count
