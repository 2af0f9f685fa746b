"""Emails as GOV.UK Notify renders them: every value is shown as it is, and only the template has links and lists."""

import re
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.mail.markdown import link_target, literal
from tests.notify_rendering import Part, rendered, structure_of, text_of
from tests.unit.shared.mail.test_renderer import EVERY, words, written

PARTS: tuple[Part, ...] = ("html", "text")
EVIL = "http://evil.example"
MARKUP = {
    f"[a]({EVIL})": "a link",
    f"&#91;a&#93;&#40;{EVIL}&#41;": "a link of entities",
    f"![a]({EVIL})": "an image, which vanishes",
    f"Look at {EVIL} now": "a bare link",
    f"[a]: {EVIL}\n\n[a][a]": "a link with its definition",
    "[^a]: note": "a footnote",
    "# a": "a heading",
    "a\n===": "an underlined heading",
    "a\n---": "another",
    "* a\n* b": "a list",
    "-5": "a list",
    "• a": "a list",
    "+ a": "a list in most Markdown",
    "1. a": "a numbered list",
    "\u0661. a": "a list with another script's number",
    "a\u2424- b": "a list after the picture of a line end",
    "\u3164- a": "a list after a sign that Notify removes",
    "a\n\n---\n\nb": "a line",
    "___": "another",
    "^ a": "an inset",
    "<a@b.example>": "an address without its brackets",
    "a | b\n- | -\nc | d": "a table, which vanishes",
    "| a |\n|---|\n| b |": "another",
    "a\n\n    b": "code",
    "```\na\n```": "code",
    "~~~\na\n~~~": "code",
}
"""Texts that mean something to Notify, with what they mean."""
PLAIN: tuple[str, ...] = (
    "a - b",
    "a -\nb",
    "a\n- b",
    "a -",
    "a , b .",
    "C:\\.a\\\\b\\'c",
    "C#",
    "((body))",
    "&copy=1 &amp; &lt; <b>",
)
PLAIN += (
    "\u2014",
    "a *b* _c_ `d` ~~e~~",
    "a@b.example",
    "1) a",
    'O\'Neil "x"',
    "__a__",
    "&nbsp;",
    "&#60;b&#62;",
    "GOV.UK",
    "\\",
)

PIECES = [*MARKUP, *PLAIN, *"[](){}<>!&#*-_=+^|~`\\.:,'\"1a \n\t", "](", "://", "    ", "\n\n", "\u2028", "\u3164"]
SIGNS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=4)
VALUE = st.lists(st.sampled_from(PIECES) | SIGNS, max_size=6).map("".join).filter(lambda value: bool(shown_as(value)))
VALUES = st.lists(VALUE, min_size=1, max_size=4)
CONDITIONS = {"state", "held_until"}  # facts that templates compare
UNSEEN = str.maketrans("‘’“”\u2424", "''\"\"\n", "\x00\u200b\u2060\u2028\u3164")


def shown_as(value: str) -> str:
    """The value in one line, quotes straight, without signs that have no width."""
    return " ".join(value.translate(UNSEEN).split())


def replaced(fact: Any, values: Iterator[str], name: str = "") -> Any:
    """The fact with each of its texts replaced, but for addresses, empty texts, and what a template compares."""
    if isinstance(fact, str) and fact and name not in CONDITIONS:
        return f"https://{name}.example/?a=1&copy=2" if name.endswith("_url") else next(values)
    if isinstance(fact, dict):
        return {each: replaced(inner, values, each) for each, inner in fact.items()}
    return type(fact)(replaced(each, values) for each in fact) if isinstance(fact, list | tuple) else fact


def hold(template: str, facts: dict[str, Any], values: list[str]) -> None:
    """Asserts that an email shows what it shows with plain values, links and lists too, with these in their places."""
    names = (f"plain{number}x" for number in count())
    usual = written(template, replaced(facts, names)).markdown
    message = written(template, replaced(facts, cycle(values))).markdown
    for part in PARTS:
        expected, found = rendered(usual, part), rendered(message, part)
        assert structure_of(found) == structure_of(expected)
        text = PLACE.sub(lambda place: values[int(place[1]) % len(values)], text_of(expected))
        assert shown_as(text_of(found)).replace(" ", "") == shown_as(text).replace(" ", "")


PLACE = re.compile(r"plain(\d+)x")


@pytest.mark.parametrize("part", PARTS)
def test_what_means_something_to_notify_is_noticed(part: Part) -> None:
    """The control of the next ones: the rules that they hold emails against know each of these."""
    unnoticed = [text for text in MARKUP if not structure_of(rendered(text, part))]

    shown_in_html = ["<a@b.example>"] if part == "html" else []
    assert unnoticed == [f"![a]({EVIL})", *shown_in_html]
    assert text_of(rendered(f"![a]({EVIL})", part)) == ""


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("before", "kinds"), [("", []), ("# ", ["heading"]), ("* Name: ", ["item"])])
def test_text_that_would_mean_something_is_shown_as_it_is(before: str, kinds: list[str], part: Part) -> None:
    given_texts = [text for text in (*MARKUP, *PLAIN) if before != "# " or "\n" not in text]
    shown = {text: rendered(before + literal(text), part) for text in given_texts}

    assert [text for text, blocks in shown.items() if structure_of(blocks) != [(kind, ()) for kind in kinds]] == []
    expected = {text: shown_as(before.lstrip("#* ") + text) for text in given_texts}
    assert {text: text_of(blocks) for text, blocks in shown.items() if text_of(blocks) != expected[text]} == {}


def test_lines_stay_lines() -> None:
    for part in PARTS:
        [block] = rendered(literal("one -\n\n\n- two\n  three  \n– four"), part)
        assert block.text.replace("\u2060", "").splitlines() == ["one -", "- two", "three", "– four"]


@pytest.mark.parametrize("examples", [40, pytest.param(2_000, marks=pytest.mark.nightly)])
def test_an_email_shows_any_values_as_they_are_and_has_the_links_lists_and_headings_of_its_template(
    examples: int,
) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(each=st.sampled_from(EVERY), values=VALUES)
    def holds(each: tuple[str, dict[str, Any]], values: list[str]) -> None:
        hold(*each, values)

    holds()


def test_every_email_shows_markup_as_it_is() -> None:
    for template, facts in EVERY:
        hold(template, facts, [*MARKUP, *PLAIN])


def test_every_email_has_the_words_and_links_of_its_text_form() -> None:
    for template, facts in EVERY:
        message = written(template, facts)
        for part in PARTS:
            blocks = rendered(message.markdown, part)
            assert [link for block in blocks for link in block.links] == LINK.findall(message.text)
            assert set(words(text_of(blocks))) == set(words(LINK.sub("", message.text)))


LINK = re.compile(r"https://\S+")


@pytest.mark.parametrize(
    "url", ["https://a.example/?a=1&copy=2", "https://a.example/b(c)[d] 'e'\"<f>\\`g`", "https://a/é"]
)
def test_an_address_stays_one_link(url: str) -> None:
    for part in PARTS:
        [block] = rendered(f"[Open]({link_target(url)})", part)
        assert [unquote(link) for link in block.links] == [url]
        assert block.text == "Open"
