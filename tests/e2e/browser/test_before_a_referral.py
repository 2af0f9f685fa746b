"""The page before a referral on a phone: its facts and its button are on the first screen, agreed or not."""

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize

from functions.web.render import render
from local.stack.stack import Stack
from local.tour.browser import open_page
from shared.content.content import Content
from tests import builders
from tests.e2e.browser.page_audit import violations

PHONE: ViewportSize = {"width": 390, "height": 844}
FACTS = {"mailbox_fails": False, "hidden": (), "submission_id": "s" * 20, "form_token": "t" * 20}
SENT = {"reference": "34679CDF", "shown": "t" * 80, "shown_until_time": "9:15am", "shown_seconds": 900, "by": ""}


def show(page: Page, stack: Stack, path: str, template: str, content: Content) -> None:
    """The page as the service would send it with this content; styles and scripts come from the service."""

    def answer(route: Route) -> None:
        route.fulfill(
            body=render(template, content, **FACTS, **SENT, note=content.one_to_one.time_away_note),
            content_type="text/html; charset=utf-8",
        )

    page.route(f"**{path}", answer)
    page.goto(f"{stack.site}{path}")


@pytest.mark.parametrize("content", [builders.content(), builders.agreed_content()], ids=["as shipped", "agreed"])
def test_the_first_button_and_who_is_told_are_on_the_first_screen_of_a_phone(
    content: Content, browser: Browser, stack: Stack
) -> None:
    with open_page(browser, viewport=PHONE) as (page, issues):
        show(page, stack, "/one-to-one", "referrals/start.html", content)
        button = page.get_by_role("button").first.bounding_box()
        facts = [page.get_by_text(line, exact=True).bounding_box() for line in content.one_to_one.assurances]

        assert page.get_by_role("button").first.inner_text() == "Start now"
        assert button is not None
        assert button["y"] + button["height"] <= PHONE["height"]
        assert [each for each in facts if each is None or each["y"] > button["y"]] == []
        assert violations(page) == issues.browser_errors == []


def test_the_note_for_a_manager_prints_without_a_word_of_the_service(browser: Browser, stack: Stack) -> None:
    content = builders.agreed_content()
    with open_page(browser, viewport=PHONE) as (page, issues):
        show(page, stack, "/time-away-note", "referrals/time-away-note.html", content)
        assert violations(page) == issues.browser_errors == issues.font_requests == []
        page.emulate_media(media="print")
        printed = page.inner_text("body")

    assert "I have a confidential wellbeing appointment" in printed
    assert [word for word in ("Nafsiyat", "one-to-one", "therap", "Print this page", "Back") if word in printed] == []


def test_the_page_with_the_reference_can_be_printed_and_nothing_on_paper_asks_to_be_pressed(
    browser: Browser, stack: Stack
) -> None:
    with open_page(browser, viewport=PHONE) as (page, _):
        show(page, stack, "/one-to-one/sent/t", "referrals/received.html", builders.content())
        assert "You can also print or save this page." in page.inner_text("main")
        page.emulate_media(media="print")
        printed = page.inner_text("main")
        buttons = page.get_by_role("button").count()

    assert "34679CDF" in printed
    assert "Write down your reference" in printed
    assert buttons == 0


def test_every_question_can_be_printed_before_the_form_is_begun(browser: Browser, stack: Stack) -> None:
    with open_page(browser, viewport=PHONE) as (page, _):
        page.goto(f"{stack.site}/one-to-one/question-list")
        page.emulate_media(media="print")
        printed = page.inner_text("main")

    assert [each.label for each in builders.content().one_to_one.questions if each.label not in printed] == []
