"""A shared computer: the files that a browser keeps of a referral, searched after it was closed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from local.stack.stack import Stack
from local.tour import Visitor
from local.tour.bookings import ON, fill_in, open_details
from local.tour.browser import open_profile
from local.tour.referrals import TOPICS, agree_and_send, begin
from tests.e2e.browser.profile_files import files_holding, random_word
from tests.e2e.browser.test_referral_journeys import reference_on

PHONE_NUMBER = "07700 900 457"
FIELDS = ("full_name", "email", "safe_contact_notes", "therapy_language-another", "what_brings_you", "adjustments")
WRITTEN = 3000  # milliseconds: a browser writes its session file every 2.5 seconds


@pytest.fixture
def words() -> dict[str, str]:
    """An answer for every field that takes text, by field."""
    return {name: random_word() for name in FIELDS}


@contextmanager
def shared_computer(browser: Browser, stack: Stack, folder: Path, **options: Any) -> Iterator[Visitor]:
    with open_profile(browser, folder, **options) as page:
        page.set_default_timeout(60_000)
        yield Visitor(page, stack, stack.site)


def answer(visitor: Visitor, words: dict[str, str]) -> None:
    """Answers this page: each field for text with its word, anything else as people do on the tour."""
    [topic] = [each for each in TOPICS if visitor.heading().startswith(each.heading)]
    topic.answer(visitor)
    if topic.name == "language":
        visitor.choose("Another language")
    for name, word in words.items():
        field = visitor.page.locator(f"[id='{name}']:visible")
        if field.count():
            field.fill(f"{word}@home.example" if name == "email" else word)
    if topic.name == "phone":
        visitor.page.locator("#phone").fill(PHONE_NUMBER)


def answer_all(visitor: Visitor, words: dict[str, str]) -> None:
    begin(visitor)
    for _ in TOPICS:
        answer(visitor, words)
        visitor.press(ON)
    shown = visitor.page.inner_text("main")
    assert [word for word in words.values() if word not in shown] == [], "every word is an answer"


def searched(words: dict[str, str], *others: str) -> list[str]:
    return [
        *words.values(),
        *(word.lower() for word in words.values()),
        PHONE_NUMBER,
        PHONE_NUMBER.replace(" ", "+"),
        *others,
    ]


def test_after_sending_no_answer_and_no_reference_is_in_any_file(
    browser: Browser, stack: Stack, tmp_path: Path, words: dict[str, str]
) -> None:
    with shared_computer(browser, stack, tmp_path) as visitor:
        answer_all(visitor, words)
        visitor.go_back()
        visitor.go_forward()
        agree_and_send(visitor)
        reference = reference_on(visitor)
        visitor.page.wait_for_timeout(WRITTEN)
        visitor.go_back()
        assert files_holding(tmp_path, searched(words, reference)) == {}

    assert files_holding(tmp_path, searched(words, reference)) == {}
    assert list((tmp_path / "Default" / "Sessions").glob("Session_*")), "the browser kept its session as it does"


def test_after_leaving_half_way_no_answer_is_in_any_file(
    browser: Browser, stack: Stack, tmp_path: Path, words: dict[str, str]
) -> None:
    with shared_computer(browser, stack, tmp_path) as visitor:
        answer_all(visitor, words)
        for _ in range(3):
            visitor.go_back()
        for _ in range(2):
            visitor.go_forward()
        visitor.page.locator("#what_brings_you").fill(words["what_brings_you"])  # typed, and not sent on
        visitor.page.wait_for_timeout(WRITTEN)

    assert files_holding(tmp_path, searched(words)) == {}


def test_without_scripts_the_browser_keeps_the_answers_as_the_first_page_says(
    browser: Browser, stack: Stack, tmp_path: Path, words: dict[str, str]
) -> None:
    """Shows that the search would find them, too."""
    with shared_computer(browser, stack, tmp_path, java_script_enabled=False) as visitor:
        visitor.open("/one-to-one")
        assert "Your browser may keep your answers on this device" in visitor.page.inner_text("main")
        answer_all(visitor, words)

    kept = set().union(*files_holding(tmp_path, searched(words)).values())
    assert kept >= set(words.values())


def test_a_form_that_lets_the_browser_complete_it_leaves_what_was_typed(
    browser: Browser, stack: Stack, tmp_path: Path, words: dict[str, str]
) -> None:
    """Why the forms of a referral have `autocomplete="off"`, and no field of theirs a token."""
    with shared_computer(browser, stack, tmp_path) as visitor:
        begin(visitor)
        for topic in TOPICS[:2]:
            topic.answer(visitor)
            visitor.press(ON)
        visitor.page.locator("#answers").evaluate("each => each.removeAttribute('autocomplete')")
        answer(visitor, words)
        visitor.page.wait_for_timeout(WRITTEN)

    assert words["full_name"] in set().union(*files_holding(tmp_path, [words["full_name"]]).values())


def test_a_page_that_a_cache_may_keep_is_found_in_it_although_it_is_compressed(
    browser: Browser, stack: Stack, tmp_path: Path, words: dict[str, str]
) -> None:
    """A booking's pages may be kept, so that the browser's Back works without scripts."""
    with shared_computer(browser, stack, tmp_path) as visitor:
        session_id = visitor.session()
        open_details(visitor, session_id)
        fill_in(visitor, f"ann@{session_id}.nhs.net")
        visitor.write(full_name=words["full_name"])
        visitor.press(ON)
        visitor.page.wait_for_timeout(WRITTEN)

    found = files_holding(tmp_path, [words["full_name"]])
    assert [path for path in found if "Cache" in path], found
