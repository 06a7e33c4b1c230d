"""The HTML report in a real browser: quiet, alone, legible, and within its width."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from ajar.evals.reports.flip import flips
from ajar.evals.reports.html import render
from ajar.evals.result import Gate
from conftest import require
from doubles.chromium import Chromium
from doubles.finished_run import MadeSuite, decision, result, samples, timing
from evals.reports.test_html import hostile_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = ("passed", "several", "alone", "hostile")

# What stands further right than the window, parts that scroll in their own room and what is hidden excepted.
BEYOND = """
[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && box.right > innerWidth + 0.5 && e.checkVisibility()
    && !e.closest('.card:has(> table), .scroll, .hidden, svg');
}).map(e => e.outerHTML.slice(0, 120))
"""
# Rooms of their own that must be scrolled to see all: there for the worst case only.
SCROLLING = r"""
[...document.querySelectorAll('.card, .scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => e.textContent.replace(/\s+/g, ' ').slice(0, 120))
"""
# Pairs of texts that share some of the same room: of one row of a plot, one axis, or one line of a table.
OVERLAPS = """
(() => {
  document.querySelectorAll('details').forEach(e => e.open = true);
  const found = [];
  for (const group of document.querySelectorAll('.axis, .row, tr')) {
    const kind = group.matches('.axis') ? 'text' : ':scope > :not(svg)';
    const parts = [...group.querySelectorAll(kind)].filter(e => e.textContent.trim());
    const boxes = parts.map(e => {
      const range = document.createRange();
      range.selectNodeContents(e);
      return [...range.getClientRects()].filter(box => box.width && box.height);
    });
    for (let i = 0; i < parts.length; i++) for (let j = i + 1; j < parts.length; j++)
      if (boxes[i].some(a => boxes[j].some(b =>
          a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2)))
        found.push(parts[i].textContent + ' | ' + parts[j].textContent);
  }
  return found;
})()
"""
# The least contrast of any text with the colour behind it, as WCAG counts it, and the smallest letters.
LEGIBLE = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return rgba('white');
  };
  document.querySelectorAll('details').forEach(e => e.open = true);
  let worst = [99, ''], smallest = 99;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !e.checkVisibility() || e.closest('title, desc, .hidden')) continue;
    const style = getComputedStyle(e);
    const ink = light(rgba(e instanceof SVGElement ? style.fill : style.color)), paper = light(behind(e));
    const contrast = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
    if (contrast < worst[0]) worst = [contrast, e.outerHTML.slice(0, 200)];
    smallest = Math.min(smallest, parseFloat(style.fontSize));
  }
  return {contrast: worst[0], where: worst[1], smallest};
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = require(shutil.which("chromium") or shutil.which("google-chrome"), "chromium")
    found = Chromium(program, tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of the same report in its forms."""
    suite = MadeSuite(60)
    found = flips(suite, lambda: samples(suite))
    late = decision("INCONCLUSIVE", "latency_ms", 2.0, why="the interval holds the margin")
    written = {
        "passed": render(result(gate=Gate(verdict="PASS", decisions=[decision()])), timing(), found),
        "several": render(result(gate=Gate(verdict="INCONCLUSIVE", decisions=[decision(), late])), timing(), found),
        "alone": render(result(baseline=False), timing(baseline=False)),
        "hostile": hostile_page(),
    }
    folder: Path = tmp_path_factory.mktemp("reports")
    for name, page in written.items():
        (folder / f"{name}.html").write_text(page, "utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in written}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_quiet_and_asks_for_nothing(browser: Chromium, pages: dict[str, str], page: str, width: int) -> None:
    browser.look(pages[page], width=width)
    assert browser.requests() == []
    assert browser.complaints() == []
    assert browser.evaluate("typeof pwned") == "undefined"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [320, 360, 700, 800, 900, 1000, 1280])
def test_nothing_scrolls_sideways(browser: Chromium, pages: dict[str, str], page: str, width: int) -> None:
    browser.look(pages[page], width=width)
    browser.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.evaluate(BEYOND) == []
    if page != "hostile" and width >= 360:
        assert browser.evaluate(SCROLLING) == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [320, 360, 740, 760, 980, 1000, 1280])
def test_numbers_never_overlap(browser: Chromium, pages: dict[str, str], page: str, width: int) -> None:
    browser.look(pages[page], width=width)
    assert browser.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", PAGES)
def test_every_text_is_legible(browser: Chromium, pages: dict[str, str], page: str, dark: bool) -> None:
    browser.look(pages[page], width=1000, dark=dark)
    found = browser.evaluate(LEGIBLE)
    assert found["contrast"] >= 4.5, found
    assert found["smallest"] >= 12


def test_dark_is_dark_and_light_is_light(browser: Chromium, pages: dict[str, str]) -> None:
    pictures: list[bytes] = []
    papers: list[str] = []
    for dark in (False, True):
        browser.look(pages["passed"], dark=dark)
        papers.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
        pictures.append(browser.picture())
    light, night = ([int(part) for part in paper[4:-1].split(",")] for paper in papers)
    assert min(light) > 240
    assert max(night) < 40
    assert pictures[0] != pictures[1]


def test_the_filter_shows_one_kind_of_flips_without_a_script(browser: Chromium, pages: dict[str, str]) -> None:
    browser.look(pages["passed"])
    counted = "['regression', 'improvement'].map(k => [...document.querySelectorAll('.flip.' + k)].filter(e => e.checkVisibility()).length)"  # noqa: E501
    both = browser.evaluate(counted)
    assert min(both) > 0
    browser.evaluate("document.getElementById('only-regressions').click()")
    assert browser.evaluate(counted) == [both[0], 0]
    browser.evaluate("document.getElementById('only-improvements').click()")
    assert browser.evaluate(counted) == [0, both[1]]


def test_on_paper_the_breakdown_is_open_and_the_ink_is_dark(browser: Chromium, pages: dict[str, str]) -> None:
    browser.look(pages["passed"], width=800, dark=True, media="print")
    assert browser.evaluate("document.querySelector('#tags details.more table').checkVisibility()")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not browser.evaluate("document.querySelector('nav').checkVisibility()")


def test_drawings_have_names_for_those_who_do_not_see_them(browser: Chromium, pages: dict[str, str]) -> None:
    browser.look(pages["several"])
    nameless = "[...document.querySelectorAll('svg')].filter(e => !e.parentElement.closest('svg') && !(e.getAttribute('aria-hidden') === 'true' || (e.getAttribute('role') === 'img' && e.querySelector(':scope > title')))).length"  # noqa: E501
    assert browser.evaluate(nameless) == 0
    assert browser.evaluate("document.querySelectorAll('svg[role=img]').length") > 20


def test_what_got_through_would_be_stopped_and_seen(browser: Chromium, tmp_path: Path) -> None:
    """Proves the policy, and that these tests would notice."""
    inner = '<script>window.pwned = 1</script><img src="http://127.0.0.1:9/x"><p style="color: red">'
    page = render(result(), timing()).replace("<body>", f"<body>{inner}")
    for name, text in (("kept", page), ("open", page.replace("Content-Security-Policy", "x"))):
        (tmp_path / f"{name}.html").write_text(text, "utf-8")
    browser.look((tmp_path / "kept.html").as_uri())
    assert browser.evaluate("typeof pwned") == "undefined"
    assert browser.blocked() == browser.requests() == ["http://127.0.0.1:9/x"]
    assert len([told for told in browser.complaints() if "Content Security Policy" in told]) >= 3
    browser.look((tmp_path / "open.html").as_uri())
    assert browser.evaluate("typeof pwned") == "number"
    assert browser.requests() == ["http://127.0.0.1:9/x"]
    assert browser.blocked() == []
