"""Several sessions with one form, in a real browser: from the list to the page that says what became of each."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Browser, Response, ViewportSize

from local.stack.stack import Stack
from local.tour import Visitor
from local.tour.bookings import BOOK_ALL, ON, WORK, choose_several, fill_in
from local.tour.browser import open_page
from tests import builders
from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.page_audit import TOO_WIDE, violations
from tests.e2e.browser.rendered_pages import answer_assets, open_example
from tests.e2e.conftest import mails_to, roster
from tests.unit.functions.bookings.page_examples import SEVERAL

WIDTHS: Sequence[ViewportSize] = tuple({"width": width, "height": 844} for width in (320, 390, 1280))
TELLING = ("choose several with errors", "several, full and busy", "several booked, in every state")
DAYS = ("2023-09-08", "2023-09-15", "2023-09-22", "2023-10-03", "2023-10-10", "2023-10-17")


def new_sessions(visitor: Visitor, *days: str, **of_the_last: object) -> list[str]:
    visitor.delete_all_sessions()
    return [visitor.session(Date=day, **(of_the_last if day == days[-1] else {})) for day in days]


def states(stack: Stack, ids: list[str], name: str = "ann") -> list[list[str]]:
    return [[row["State"] for row in roster(stack, each) if row["Email"].startswith(f"{name}@")] for each in ids]


def test_five_sessions_are_booked_in_six_pages_with_and_without_scripts(visit: Visit, stack: Stack) -> None:
    """The most that there are: someone with a personal address is asked where they work."""
    for scripts in (True, False):
        with visit(java_script_enabled=scripts) as visitor:
            ids, pages = new_sessions(visitor, *DAYS), list[str]()
            visitor.page.on("response", lambda got, seen=pages: seen.append(got.url) if _is_page(got) else None)
            choose_several(visitor, 5)
            visitor.press(ON)
            fill_in(visitor, f"ann@{ids[0]}.example")
            visitor.press(ON)
            visitor.answer(WORK, "Yes")
            visitor.press(ON)
            assert visitor.heading() == "Check your answers for 5 sessions"
            visitor.press(BOOK_ALL)

            assert visitor.heading() == "Now confirm your bookings"
            assert len(pages) == 6
            assert states(stack, ids) == [["to-check"]] * 5 + [[]]


def _is_page(answer: Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html") and answer.status != 303


def test_a_double_click_going_back_and_a_reload_are_the_same_bookings(visitor: Visitor, stack: Stack) -> None:
    ids = new_sessions(visitor, *DAYS[:3])
    choose_several(visitor, 3)
    visitor.press(ON)
    fill_in(visitor, f"ann@{ids[0]}.nhs.net")
    visitor.press(ON)
    visitor.take_time()
    visitor.page.get_by_role("button", name=BOOK_ALL).dblclick()
    visitor.page.get_by_role("heading", name="You have booked 3 sessions").wait_for()
    booked = visitor.page.inner_text("main")

    visitor.go_back()
    assert visitor.heading() == "Check your answers for 3 sessions"
    visitor.press(BOOK_ALL)
    assert visitor.page.inner_text("main") == booked
    visitor.page.reload()
    assert visitor.page.inner_text("main") == booked
    stack.settle()
    assert states(stack, ids) == [["confirmed"]] * 3
    assert len(mails_to(stack, f"ann@{ids[0]}.nhs.net")) == 3


def test_one_that_filled_up_meanwhile_asks_about_its_waiting_list_and_the_result_can_be_printed(
    visitor: Visitor, stack: Stack
) -> None:
    ids = new_sessions(visitor, *DAYS[:3], Capacity=1)
    choose_several(visitor, 3)
    visitor.press(ON)
    fill_in(visitor, f"ann@{ids[0]}.nhs.net")
    visitor.press(ON)
    visitor.book(ids[2], "faster")
    visitor.press(BOOK_ALL)

    assert visitor.heading() == "Not everything is booked yet"
    assert not visitor.page.title().startswith("Error"), "it is nobody's mistake"
    visitor.choose("Friday 22 September 2023, 3pm to 4:15pm")
    visitor.press(ON)

    assert visitor.heading() == "How your bookings stand"
    assert states(stack, ids) == [["confirmed"], ["confirmed"], ["waiting"]]
    visitor.page.emulate_media(media="print")
    printed = visitor.page.inner_text("main")
    references = [row["Reference"] for each in ids for row in roster(stack, each) if row["Email"].startswith("ann@")]
    assert [each in printed for each in references] == [True] * 3
    assert not visitor.page.get_by_role("button").filter(visible=True).count()


def test_changing_the_sessions_keeps_the_answers_and_one_alone_goes_the_way_of_one(
    visitor: Visitor, stack: Stack
) -> None:
    ids = new_sessions(visitor, *DAYS[:3])
    choose_several(visitor, 2)
    visitor.press(ON)
    fill_in(visitor, f"ann@{ids[0]}.nhs.net")
    visitor.press(ON)
    visitor.press("Change Sessions")
    boxes = visitor.page.get_by_role("checkbox").all()
    assert [each.is_checked() for each in boxes] == [True, True, False]
    boxes[0].uncheck()
    visitor.press(ON)
    assert visitor.heading() == "Your details"
    assert visitor.page.get_by_label("Full name", exact=True).input_value() == "Ann Example"
    visitor.press(ON)
    visitor.press("Confirm and book")
    assert visitor.heading() == "You have booked a place"
    assert states(stack, ids) == [[], ["confirmed"], []]


@pytest.mark.parametrize("names", [TELLING, pytest.param(tuple(SEVERAL), marks=pytest.mark.nightly)])
def test_no_state_of_these_pages_breaks_a_rule_on_any_screen(names: Sequence[str], browser: Browser) -> None:
    content, found = builders.agreed_content(), dict[tuple[str, int], list[str]]()
    with open_page(browser, viewport=WIDTHS[0]) as (page, issues):
        answer_assets(page)
        for name in names:
            open_example(page, content, name)
            for size in WIDTHS:
                page.set_viewport_size(size)
                too_wide = page.evaluate(TOO_WIDE)
                found[name, size["width"]] = violations(page) + ([f"{too_wide} px too wide"] if too_wide > 0 else [])
    assert {state: broken for state, broken in found.items() if broken} == {}
    assert issues.browser_errors == issues.third_party_requests == []
