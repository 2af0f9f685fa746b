"""The steps of a referral with scripts: fetched and swapped, they behave like pages and leave as little as none."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Route, expect

from local.stack.stack import Stack
from local.tour import Visitor
from local.tour.browser import open_page
from local.tour.referrals import ON, SEND, TOPICS, agree_and_send, answer_all, begin
from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.test_referral_journeys import count, mails, reference_on

STEPS = "**/one-to-one/questions"
TAKEN = "**/one-to-one"
CHECK = "Check your answers before you send them"
SENT, OVER, UNSENT = "We have received your form", "You have sent this form", "Sorry, please try again"
FOCUSED = "document.activeElement.matches('h1, .nhsuk-error-summary') && document.activeElement.innerText"


@pytest.fixture
def offline(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """Someone whose requests may fail, which no other test lets pass."""
    with open_page(browser) as (page, _):
        yield Visitor(page, stack, stack.site)


def come_to(visitor: Visitor, heading: str) -> None:
    """Answers page after page until the one whose heading begins so."""
    begin(visitor)
    for topic in TOPICS:
        if visitor.heading().startswith(heading):
            return
        topic.answer(visitor)
        visitor.press(ON)


def come_to_agreement(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    visitor.press(ON)
    visitor.page.get_by_label("I agree").check()
    visitor.take_time()


def shown_answers(visitor: Visitor) -> str:
    return visitor.page.locator("dl").inner_text()


# Like a navigation.


def test_no_step_from_the_start_to_the_reference_is_a_navigation(visitor: Visitor) -> None:
    navigations: list[str] = []
    visitor.page.on("request", lambda each: navigations.append(each.url) if each.is_navigation_request() else None)
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)
    assert visitor.heading() == SENT
    assert navigations == [f"{visitor.site}/one-to-one"]


def test_each_step_has_its_title_and_is_read_out_from_its_heading_at_the_top(visitor: Visitor) -> None:
    begin(visitor)
    titles = set()
    for topic in TOPICS:
        assert visitor.page.evaluate(FOCUSED) == visitor.heading()
        assert visitor.page.evaluate("[scrollY, document.activeElement.tabIndex]") == [0, -1]
        titles.add(visitor.page.title())
        topic.answer(visitor)
        visitor.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        visitor.press(ON)
    assert len(titles) == len(TOPICS)
    assert visitor.page.evaluate("scrollY") == 0


def test_mistakes_have_the_focus_and_are_an_alert_and_add_no_entry_to_the_history(visitor: Visitor) -> None:
    come_to(visitor, "What is your name?")
    before = visitor.page.evaluate("history.length")
    for _ in range(2):
        visitor.press(ON)
        assert visitor.page.title().startswith("Error: Your name")
        assert visitor.page.evaluate("document.activeElement.className") == "nhsuk-error-summary"
        assert visitor.page.locator(".nhsuk-error-summary [role=alert]").count() == 1
    visitor.follow("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "full_name"
    assert visitor.page.evaluate("history.length") == before
    visitor.go_back()
    assert visitor.heading().startswith("Do you work for")


def test_components_of_a_swapped_page_work(visitor: Visitor) -> None:
    come_to(visitor, "You can also tell")
    visitor.page.locator("#safe_contact_notes").fill("x" * 310)
    expect(visitor.page.locator(".nhsuk-character-count__status").first).to_contain_text("10 characters too many")


# Back and Forward.


def test_back_and_forward_lead_through_the_whole_form_with_every_answer(visitor: Visitor) -> None:
    begin(visitor)
    headings = []
    for topic in TOPICS:
        headings.append(visitor.heading())
        topic.answer(visitor)
        visitor.press(ON)
    answers = shown_answers(visitor)
    for heading in reversed(headings):
        visitor.go_back()
        assert visitor.heading() == heading
        assert visitor.page.evaluate(FOCUSED) == heading
    visitor.go_back()
    assert visitor.page.get_by_role("button", name="Start now").count() == 1
    for heading in headings:
        visitor.go_forward()
        assert visitor.heading() == heading
    visitor.go_forward()
    assert (visitor.heading(), shown_answers(visitor)) == (CHECK, answers)


def test_what_is_typed_and_not_sent_on_is_kept_whichever_way_one_goes(visitor: Visitor) -> None:
    come_to(visitor, "What is your email")
    visitor.write(what_is_your_email="half@an.example")
    visitor.go_back()
    visitor.go_forward()
    assert visitor.page.locator("#email").input_value() == "half@an.example"


def test_an_answer_changed_after_going_back_is_the_one_that_is_checked_and_sent(visitor: Visitor, stack: Stack) -> None:
    begin(visitor)
    answer_all(visitor)
    while visitor.heading() != "What is your name?":
        visitor.go_back()
    visitor.write(what_is_your_name="Ann Other")
    while visitor.heading() != CHECK:
        visitor.go_forward()
    assert "Ann Other" in shown_answers(visitor)
    assert "07700 900 982" in shown_answers(visitor)
    agree_and_send(visitor)
    [mail] = mails(stack, reference_on(visitor))
    assert "Ann Other" in mail
    assert "Ann Example" not in mail


def test_a_page_that_no_longer_applies_is_not_shown_on_the_way_back(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    visitor.press("Change How to contact you")
    visitor.page.get_by_label("Phone call").uncheck()
    visitor.press(ON)
    assert visitor.heading() == CHECK
    headings = set()
    while not visitor.page.get_by_role("button", name="Start now").count():
        visitor.go_back()
        headings.add(visitor.heading())
    assert "Your phone number" not in headings


def test_the_history_holds_numbers_and_nothing_that_was_answered(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    assert visitor.page.evaluate("Object.entries(history.state).map(([name, each]) => [name, typeof each])") == [
        ["n", "number"]
    ]
    assert visitor.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_a_link_within_the_page_does_not_disturb_the_way_back(visitor: Visitor) -> None:
    come_to(visitor, "What is your name?")
    visitor.page.locator(".nhsuk-skip-link").focus()
    visitor.page.keyboard.press("Enter")
    assert visitor.page.url.endswith("#maincontent")
    visitor.write(what_is_your_name="Ann Example")
    visitor.press(ON)
    visitor.go_back()
    assert visitor.page.locator("#full_name").input_value() == "Ann Example"


def test_urgent_help_is_a_step_aside_from_which_back_leads_to_the_answers(visitor: Visitor) -> None:
    come_to(visitor, "What is your name?")
    visitor.write(what_is_your_name="Ann Example")
    visitor.page.get_by_text("If you need help now").click()
    visitor.page.locator("main").get_by_role("link", name="Get help now").click()
    visitor.wait_for_page()
    assert "999" in visitor.page.inner_text("main")
    visitor.go_back()
    assert visitor.page.locator("#full_name").input_value() == "Ann Example"


def test_reloading_half_way_leads_to_the_start(visitor: Visitor) -> None:
    come_to(visitor, "What is your email")
    visitor.page.reload()
    assert visitor.page.get_by_role("button", name="Start now").count() == 1
    assert "Ann Example" not in visitor.page.content()
    for _ in range(2):
        visitor.go_back()
        assert visitor.page.get_by_role("button", name="Start now").count() == 1
        assert "Ann Example" not in visitor.page.content()


# After sending.


def test_after_sending_back_never_shows_a_step_and_leads_to_the_status_page(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)
    reference = reference_on(visitor)
    for _ in range(len(TOPICS) + 2):
        visitor.go_back()
        assert (visitor.heading(), visitor.page.title().partition(" \u2013 ")[0]) == (OVER, OVER)
        assert visitor.page.evaluate(FOCUSED) == OVER
        assert "Ann" not in visitor.page.content()
    visitor.follow("check the progress of your form")
    visitor.write(your_reference=reference)
    visitor.press("Check progress")
    assert reference in visitor.heading()


def test_forward_leads_to_the_reference_again(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)
    visitor.go_back()
    visitor.go_forward()
    assert visitor.heading() == SENT


def test_coming_back_from_another_page_shows_no_step_either(visitor: Visitor) -> None:
    begin(visitor)
    answer_all(visitor)
    agree_and_send(visitor)
    visitor.follow("check the progress")
    visitor.go_back()
    assert visitor.heading() == SENT
    for _ in range(3):
        visitor.go_back()
        assert visitor.heading() == OVER
        assert "Ann" not in visitor.page.content()


# What may go wrong.


@pytest.mark.parametrize("press", ["clicks", pytest.param("Enter", marks=pytest.mark.nightly)])
def test_pressing_send_again_while_it_is_sent_sends_it_once(press: str, visitor: Visitor, stack: Stack) -> None:
    come_to_agreement(visitor)
    before, sent = count(stack), []

    def slow(route: Route) -> None:
        sent.append(route.request.method)
        visitor.page.wait_for_timeout(500)
        route.continue_()

    visitor.page.route(TAKEN, slow)
    button = visitor.page.get_by_role("button", name=SEND)
    button.focus()
    for _ in range(4):
        button.click() if press == "clicks" else visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("heading", name=SENT).wait_for()
    assert sent == ["POST"]
    assert count(stack) == before + 1


def test_a_step_that_cannot_be_fetched_is_tried_again_with_the_answers_kept(offline: Visitor) -> None:
    come_to(offline, "What is your email")
    offline.write(what_is_your_email="ann@home.example")
    offline.page.context.set_offline(True)
    for button in (ON, "Try again"):
        offline.press(button)
        assert offline.heading() == UNSENT
        assert offline.page.evaluate(FOCUSED) == UNSENT
    offline.page.context.set_offline(False)
    offline.press("Try again")
    assert offline.heading() == "Your phone number"
    offline.go_back()
    assert offline.page.locator("#email").input_value() == "ann@home.example"


def test_from_the_page_that_says_so_back_leads_to_the_step_before(offline: Visitor) -> None:
    come_to(offline, "What is your email")
    offline.page.context.set_offline(True)
    offline.press(ON)
    offline.page.context.set_offline(False)
    offline.go_back()
    assert offline.heading().startswith("How")


def test_a_form_whose_answer_is_lost_is_sent_once_by_trying_again(offline: Visitor, stack: Stack) -> None:
    come_to_agreement(offline)
    before = count(stack)

    def lost(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    offline.page.route(TAKEN, lost, times=1)
    offline.press(SEND)
    assert (offline.heading(), count(stack)) == (UNSENT, before + 1)
    offline.press("Try again")
    assert (offline.heading(), count(stack)) == (SENT, before + 1)


def test_a_page_that_is_not_ours_is_answered_like_no_page(offline: Visitor) -> None:
    come_to(offline, "What is your name?")
    offline.write(what_is_your_name="Ann Example")
    offline.page.route(STEPS, lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"), times=1)
    offline.press(ON)
    assert offline.heading() == UNSENT
    offline.press("Try again")
    assert offline.heading().startswith("How")


def test_a_form_that_lay_open_for_days_is_sent_with_its_answers(visitor: Visitor, stack: Stack) -> None:
    come_to_agreement(visitor)
    before = visitor.now()
    try:
        stack.set_clock(before + timedelta(days=2))
        visitor.press(SEND)
        assert visitor.page.title().startswith("Error: ")
        assert visitor.page.get_by_label("I agree").is_checked()
        visitor.press(SEND)
        assert visitor.heading() == SENT
    finally:
        stack.settle()
        stack.set_clock(before)


def test_going_back_while_it_is_sent_still_ends_at_the_reference(visitor: Visitor, stack: Stack) -> None:
    come_to_agreement(visitor)
    before = count(stack)
    waiting: list[Route] = []

    def held(route: Route) -> None:
        waiting.append(route)

    visitor.page.route(TAKEN, held)
    visitor.page.get_by_role("button", name=SEND).click()
    visitor.page.go_back()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(CHECK)
    waiting[0].continue_()
    visitor.page.get_by_role("heading", name=SENT).wait_for()
    assert count(stack) == before + 1
    visitor.go_back()
    assert visitor.heading() == OVER


def test_without_scripts_the_first_page_says_what_the_browser_keeps_and_with_them_it_does_not(visit: Visit) -> None:
    for scripts in (True, False):
        with visit(java_script_enabled=scripts) as visitor:
            visitor.open("/one-to-one")
            said = "Your browser may keep your answers" in visitor.page.inner_text("main")
            assert said is not scripts
