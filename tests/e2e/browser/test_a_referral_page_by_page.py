"""A person refers themselves on a small phone, with mistakes on the way, back and forth, with scripts and without."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from local.clock import LocalClock
from local.stack.stack import Stack
from tests.e2e.browser.conftest import PHONE, Visit
from tests.e2e.canaries import CANARIES, is_canary_in
from tests.e2e.conftest import mails_to, rows
from tests.e2e.http_client import post_form

STORY = "canary أشعر بالتعب\n<b>and more</b>"


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(request: pytest.FixtureRequest, visit: Visit) -> Iterator[Page]:
    """A phone of the narrowest kind, with and without scripts."""
    with visit(java_script_enabled=request.param, viewport=PHONE) as visitor:
        yield visitor.page


def go_on(page: Page, words: str = "Continue") -> None:
    with the_next_page(page):
        page.locator("main").get_by_role("button", name=words).click()


def back(page: Page) -> None:
    with the_next_page(page):
        page.get_by_role("button", name="Back").click()


@contextmanager
def the_next_page(page: Page) -> Iterator[None]:
    """Waits for the page that a press leads to: a press before that is a double click, and does nothing."""
    page.locator("main h1").evaluate("each => { each.dataset.left = 'yes' }")
    yield
    expect(page.locator("main h1:not([data-left])")).to_be_visible()


def titled(page: Page, title: str) -> None:
    expect(page).to_have_title(re.compile(f"^{re.escape(title)} "))


def walk_to_the_check(page: Page, stack: Stack) -> None:
    """From the first page to the answers to check, with every mistake on the way that a person can make."""
    page.goto(f"{stack.site}/one-to-one")
    go_on(page, "Start now")
    _lead(page)
    _reach(page)
    _tell(page)
    titled(page, "Check your answers before you send them")


def _lead(page: Page) -> None:
    go_on(page)
    titled(page, "Error: Before you start")
    page.get_by_label("I am not sure").check()
    go_on(page)
    titled(page, "Help now")
    go_on(page, "Continue with the form")
    page.get_by_label("No", exact=True).check()
    go_on(page)
    titled(page, "Other support for you")
    back(page)
    page.get_by_label("Yes", exact=True).check()
    go_on(page)
    page.locator("#full_name").fill("=1+1")
    go_on(page)
    titled(page, "Error: Your name")
    page.locator("#full_name").fill("Canary-Nameself")
    page.locator("#full_name").press("Enter")


def _reach(page: Page) -> None:
    titled(page, "How to contact you")
    page.get_by_label("Email").check()
    page.get_by_label("Phone call").check()
    go_on(page)
    page.locator("#email").fill("canary@nhs.net")
    go_on(page)
    expect(page.get_by_text("This looks like a work address")).to_be_visible()
    page.locator("#email").fill("canary@home")
    go_on(page)
    titled(page, "Error: Your email address")
    expect(page.locator("#email")).to_have_value("canary@home")
    page.locator("#email").fill("canary-address@canary-home.example")
    go_on(page)
    titled(page, "Your phone number")
    go_on(page)
    titled(page, "Error: Your phone number")
    page.locator("#phone").fill("07700 900 982")
    page.get_by_label("Yes, but do not say").check()
    go_on(page)


def _tell(page: Page) -> None:
    go_on(page)
    titled(page, "Error: Your language")
    page.get_by_label("Another language", exact=True).check()
    page.get_by_label("Enter the language").fill("Canarylanguage")
    go_on(page)
    titled(page, "More about you")
    page.locator("#safe_contact_notes").fill("canary " * 50)
    go_on(page)
    titled(page, "Error: More about you")
    page.locator("#safe_contact_notes").fill("canary at night")
    page.locator("#what_brings_you").fill(STORY)
    back(page)
    expect(page.get_by_label("Enter the language")).to_have_value("Canarylanguage")
    go_on(page)
    expect(page.locator("#what_brings_you")).to_have_value(STORY)
    page.get_by_label("Weekday mornings").check()
    go_on(page)


def send(page: Page, stack: Stack) -> str:
    """Agrees and sends, and returns the reference."""
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(seconds=5))  # the walk may have taken less than three
    page.get_by_role("checkbox").check()
    go_on(page, "Agree and send")
    titled(page, "We have received your form")
    return page.locator(".nhsuk-panel strong").inner_text()


def test_a_person_refers_themselves_with_mistakes_on_the_way_and_loses_nothing(page: Page, stack: Stack) -> None:
    walk_to_the_check(page, stack)
    for answer in ("Canary-Nameself", "Email, Phone call", "07700 900 982", "Canarylanguage", "canary at night"):
        expect(page.locator("main")).to_contain_text(answer)
    page.get_by_role("button", name="Change Name").click()
    page.locator("#full_name").fill("Canary-Othername")
    go_on(page)
    titled(page, "Check your answers before you send them")
    go_on(page)
    go_on(page, "Agree and send")
    titled(page, "Error: Your agreement")
    back(page)
    go_on(page)
    reference = send(page, stack)
    stack.settle()

    expect(page.locator("main")).to_contain_text(reference)
    expect(page.locator("main")).to_contain_text(re.compile(r"has not contacted you by \w+ \d+ \w+ 2023"))
    assert not is_canary_in(page.url)
    [mail] = referral_mails(stack, reference)
    for line in ("Canary-Othername", "07700 900 982", "Canarylanguage", "Weekday mornings", *STORY.splitlines()):
        assert line in mail["content"]["plainText"]
    assert "Help now" not in mail["content"]["plainText"]


def referral_mails(stack: Stack, reference: str) -> list[dict[str, dict[str, str]]]:
    mails = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    return [mail for mail in mails if reference in mail["content"]["subject"]]


def referral_rows(stack: Stack) -> int:
    return len(list(rows(stack, "Referrals", "REFERRALS_STORAGE").list_entities()))


def test_a_stranger_who_makes_up_a_form_stores_nothing_and_gets_a_page(stack: Stack) -> None:
    before = referral_rows(stack)
    answer = post_form(f"{stack.site}/one-to-one", CANARIES | {"need_help_now": "no", "consent_share": "yes"})
    assert answer.status == 422
    assert "Check your answers and send again" in answer.text
    assert referral_rows(stack) == before
