"""The HTML of every email is laid out for Outlook's Word engine too, and says in the inbox's list what it is about.

Word knows tables and their attributes; it has no `max-width`, and no padding of anything but a cell.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser

import pytest

from local.tour.letters import FACTS, sample_mails
from shared.mail.message import EmailMessage
from tests.builders import content

type Element = tuple[str, Mapping[str, str]]

_PADDED = re.compile(r"padding(?:-\w+)?:(?!0\b)")
RULES: Mapping[str, Callable[[Element], bool]] = {
    "padding of anything but a cell": lambda it: it[0] != "td" and bool(_PADDED.search(it[1].get("style", ""))),
    "max-width without a width of its own": lambda it: "max-width" in it[1].get("style", "") and not it[1].get("width"),
    "a width that is a style alone": lambda it: bool(re.search(r"(?<![\w-])width:", it[1].get("style", ""))),
    "a picture without a text or a width": lambda it: it[0] == "img" and not ({"alt", "width"} <= it[1].keys()),
    "a cell without a typeface": lambda it: it[0] == "td" and "font-family" not in it[1].get("style", ""),
}


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture(scope="module")
def emails() -> Mapping[str, EmailMessage]:
    return dict(sample_mails(content()))


def broken_rules(html: str) -> list[str]:
    elements = _Elements(html).found
    tables = [attributes for tag, attributes in elements if tag == "table"]
    is_one = [each.get("role") for each in tables] == ["presentation"] and tables[0].get("width", "").isdecimal()
    broken = [name for name, is_broken in RULES.items() if any(map(is_broken, elements))]
    return broken if is_one else [*broken, "not one table of a width"]


def preheader(html: str) -> str:
    """The hidden text with which the body begins: inboxes show it after the subject."""
    found = re.search(r'<body[^>]*>\s*<div style="display:none[^"]*">(.*?)</div>', html, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def test_every_email_is_one_table_that_word_lays_out(emails: Mapping[str, EmailMessage]) -> None:
    assert {name: found for name, mail in emails.items() if (found := broken_rules(mail.html))} == {}


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        ('<div style="padding:24px">', "padding of anything but a cell"),
        ('<p style="max-width:600px">', "max-width without a width of its own"),
        ('<td style="width:600px;font-family:Arial">', "a width that is a style alone"),
        ('<img src="a.png" width="3">', "a picture without a text or a width"),
        ("<td>", "a cell without a typeface"),
    ],
)
def test_such_html_is_found(html: str, rule: str) -> None:
    assert broken_rules(f'<table role="presentation" width="600">{html}') == [rule]
    assert broken_rules('<table role="presentation"><table>') == ["not one table of a width"]


def test_every_email_has_a_preheader_of_its_own_that_is_short_and_neutral(
    emails: Mapping[str, EmailMessage],
) -> None:
    given = {name: preheader(mail.html) for name, mail in emails.items()}
    private = re.compile(r"Belonging|trauma|rac[ei]|therap|reflect|Zoë", re.IGNORECASE)

    assert given.keys() == FACTS.keys()
    assert {name: text for name, text in given.items() if not 10 < len(text) < 120 or private.search(text)} == {}
    assert [name for name, mail in emails.items() if given[name] in mail.subject] == []
