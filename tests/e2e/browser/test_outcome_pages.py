"""Pages that say what became of a form: shown for 15 minutes, with a warning and the way to more (WCAG 2.2.1)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.tour import Visitor
from local.tour.bookings import BOOK, go_to_check
from local.tour.referrals import agree_and_send, answer_all, begin
from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.page_audit import violations
from tests.e2e.browser.test_referral_journeys import reference_on

OVER, CLOSED, SENT = "You have sent this form", "This page is no longer shown", "We have received your form"
MORE = "Show for 15 more minutes"
WARNING = "This page closes in 2 minutes"
SHOWN_AGAIN = """() => {
  const later = Date.now() + 3600000;
  Date.now = () => later;
  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  return document.querySelector("h1").innerText;
}"""


@pytest.fixture
def someone(visit: Visit) -> Iterator[Visitor]:
    """Someone with the page of a referral that was received just now, whose clock can be moved on."""
    with visit() as visitor:
        visitor.page.clock.install()
        begin(visitor)
        answer_all(visitor)
        agree_and_send(visitor)
        assert visitor.heading() == SENT
        yield visitor


def pass_time(visitor: Visitor, minutes: int, seconds: int = 0) -> None:
    """On the clocks of the browser and of the service."""
    visitor.advance_clock(timedelta(minutes=minutes, seconds=seconds))
    visitor.page.clock.fast_forward((minutes * 60 + seconds) * 1000)


def warning(visitor: Visitor) -> str:
    return visitor.page.locator("main [role=alert]").inner_text()


def test_it_warns_at_13_minutes_and_shows_the_reference_as_often_as_someone_asks(someone: Visitor) -> None:
    reference = reference_on(someone)
    for _ in range(2):
        pass_time(someone, 12, 50)
        assert warning(someone) == ""
        pass_time(someone, 0, 15)
        assert WARNING in warning(someone)
        assert violations(someone.page) == []
        someone.page.locator("main [role=alert]").get_by_role("button", name=MORE).click()
        someone.wait_for_page()
        assert (reference_on(someone), warning(someone)) == (reference, "")
        assert someone.page.evaluate("document.activeElement.tagName") == "H1"


def test_the_warning_is_in_sight_wherever_one_has_scrolled_to(someone: Visitor) -> None:
    pass_time(someone, 13, 5)
    someone.page.evaluate("scrollTo(0, 400)")
    box = someone.page.locator("main [role=alert]").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 200


def test_at_15_minutes_it_closes_and_no_way_leads_back_to_the_reference(someone: Visitor) -> None:
    reference, address = reference_on(someone), someone.page.url
    pass_time(someone, 14, 55)
    assert reference_on(someone) == reference
    pass_time(someone, 0, 10)
    assert someone.heading() == OVER
    assert reference not in someone.page.content()
    someone.go_back()
    assert someone.heading() == OVER
    someone.go_forward()
    assert someone.heading() == CLOSED
    someone.open(address)
    assert (someone.heading(), reference in someone.page.content()) == (CLOSED, False)
    someone.go_back()
    assert reference not in someone.page.content()
    assert violations(someone.page) == []


def test_a_computer_that_slept_for_hours_wakes_up_to_no_reference(someone: Visitor) -> None:
    reference = reference_on(someone)
    someone.page.clock.fast_forward("10:00:00")
    assert (someone.heading(), reference in someone.page.content()) == (OVER, False)


def test_a_page_that_the_browser_kept_and_shows_again_too_late_is_closed_before_it_is_seen(someone: Visitor) -> None:
    shown = someone.page.evaluate(SHOWN_AGAIN)
    assert shown == OVER


def test_reloading_it_keeps_the_time_that_is_left(someone: Visitor) -> None:
    pass_time(someone, 10)
    someone.page.reload()
    assert (someone.heading(), warning(someone)) == (SENT, "")
    pass_time(someone, 3, 10)
    assert WARNING in warning(someone)
    pass_time(someone, 2)
    assert someone.heading() == OVER


def test_neither_address_nor_title_of_a_page_on_the_way_holds_the_reference(someone: Visitor) -> None:
    reference = reference_on(someone)
    assert reference not in someone.page.url
    assert reference not in someone.page.title()


def test_without_scripts_it_says_until_when_and_has_the_way_to_more_time(visit: Visit) -> None:
    with visit(java_script_enabled=False) as visitor:
        begin(visitor)
        answer_all(visitor)
        agree_and_send(visitor)
        reference = reference_on(visitor)
        assert reference not in visitor.page.url
        assert "You can open this page until" in visitor.page.inner_text("main")
        visitor.advance_clock(timedelta(minutes=14))
        visitor.press(MORE)
        visitor.advance_clock(timedelta(minutes=14))
        visitor.page.reload()
        assert reference_on(visitor) == reference
        visitor.advance_clock(timedelta(minutes=2))
        visitor.page.reload()
        assert (visitor.heading(), reference in visitor.page.content()) == (CLOSED, False)
        visitor.follow("Check the progress of your form")
        assert visitor.page.get_by_label("Your reference").count() == 1


def test_a_booking_leaves_no_reference_in_the_history(visitor: Visitor) -> None:
    go_to_check(visitor, visitor.session())
    visitor.press(BOOK)
    reference, address = reference_on(visitor), visitor.page.url
    assert reference not in address
    visitor.page.reload()
    assert reference_on(visitor) == reference
    visitor.advance_clock(timedelta(minutes=15))
    visitor.open("/sessions")
    visitor.open(address)
    assert (visitor.heading(), reference in visitor.page.content()) == (CLOSED, False)
    visitor.follow("See all sessions")
