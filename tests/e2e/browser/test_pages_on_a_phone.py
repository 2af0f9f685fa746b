"""Pages as staff read them on a phone, 390 pixels wide: the way in is on the first screen, and forms are short."""

import re

import pytest

from local.tour import Visitor
from local.tour.bookings import BOOK, ON, fill_in, open_details
from tests.e2e.browser.conftest import Visit

SCREEN = {"width": 390, "height": 844}
LONGEST_FORM = 1_400  # pixels: header, form and footer of the page with the details
READ = ["/sessions", "/who-can-see-what", "/help-now", "/resources", "/privacy", "/cookies"]
READ += ["/accessibility", "/bookings/new", "/nowhere", "/manage/unknown"]
NAME = "h1 => [...h1.childNodes].filter(e => !(e.className ?? '').includes('caption')).map(e => e.textContent)"


def height(visitor: Visitor) -> float:
    return float(visitor.page.evaluate("document.documentElement.scrollHeight"))


def title_and_heading(visitor: Visitor) -> tuple[str, str]:
    """What the tab is called, without the name of the service, and the heading without the caption above it."""
    heading = visitor.page.get_by_role("heading", level=1).evaluate(NAME)
    title = visitor.page.title().removeprefix("Error: ").rpartition(" – ")[0]
    return title, re.sub(r"\s+", " ", "".join(heading)).strip()


@pytest.mark.parametrize("path", ["/"])
def test_the_first_button_is_on_the_first_screen(path: str, visit: Visit) -> None:
    with visit(viewport=SCREEN) as visitor:
        visitor.open(path)
        box = visitor.page.locator("main .nhsuk-button").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= SCREEN["height"]


@pytest.mark.parametrize("is_full", [False, True])
def test_the_details_of_a_booking_fit_on_few_screens(visit: Visit, *, is_full: bool) -> None:
    with visit(viewport=SCREEN) as visitor:
        session_id = visitor.session(Description="To rest", Facilitator="Ada Example", Capacity=1)
        if is_full:
            visitor.book(session_id)
        open_details(visitor, session_id)
        assert visitor.page.get_by_text("join its waiting list").is_visible() is is_full
        assert height(visitor) <= LONGEST_FORM


def test_every_title_is_the_heading_of_its_page(visit: Visit) -> None:
    """But for the start page, whose heading says what the service is about: a browser's history keeps its title."""
    different = {}
    with visit(viewport=SCREEN) as visitor:
        session_id = visitor.session()

        def compare(name: str) -> None:
            title, heading = title_and_heading(visitor)
            if title != heading:
                different[name] = (title, heading)

        for path in READ:
            visitor.open(path)
            compare(path)
        open_details(visitor, session_id)
        visitor.press(ON)
        compare("details, with errors")
        fill_in(visitor, f"ann@{session_id}.example")
        visitor.press(ON)
        compare("workplace")
        visitor.page.get_by_label("Yes", exact=True).check()
        visitor.press(ON)
        compare("check")
        visitor.press(BOOK)
        compare("booked")
        link = visitor.link(visitor.book(session_id))
        for act in ("", "/details", "/move", "/cancel"):
            visitor.open(link + act)
            compare(f"own booking{act}")
        visitor.press("Cancel my place")
        compare("own booking, cancelled")
    assert different == {}


def test_a_description_and_who_leads_a_session_stand_in_the_list(visit: Visit) -> None:
    with visit(viewport=SCREEN) as visitor:
        visitor.delete_all_sessions()
        visitor.session(Description="To look back on the week", Facilitator="Ada Example")
        visitor.open("/sessions")
        [item] = visitor.page.locator("main li").all_inner_texts()
    for said in ("Friday 8 September 2023, 3pm to 4:15pm", "Theme: Belonging at work", "To look back on the week"):
        assert said in item
    assert re.search(r"Led by Ada Example\s+12 places left\. Book a place", item)


def test_the_name_on_every_page_and_on_paper_does_not_say_what_the_service_is_about(visit: Visit) -> None:
    with visit(viewport=SCREEN) as visitor:
        for media in ("screen", "print"):
            visitor.page.emulate_media(media=media)
            for path in ("/", "/sessions", "/bookings/new", "/one-to-one"):
                visitor.open(path)
                header = visitor.page.get_by_role("banner").inner_text()
                assert not re.search("trauma|raci", header, re.IGNORECASE), (media, path)
                assert "Staff sessions" in header
