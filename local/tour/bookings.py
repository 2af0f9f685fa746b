"""Booking a place at a group session: every page and every way in which it may fail."""

from collections.abc import Iterator
from datetime import timedelta

from local.tour.visitor import Visitor
from local.tour.walk import Walk

ON, BOOK, WAIT = "Continue", "Confirm and book", "Confirm and join the waiting list"
SEVERAL, BOOK_ALL = "Book several sessions at once", "Confirm all"
WORK, SHARE = "Do you work for Mersey Care?", "Share this with Nafsiyat"


def open_details(visitor: Visitor, session_id: str) -> None:
    visitor.open(f"/bookings/new?session={session_id}")


def fill_in(visitor: Visitor, address: str) -> None:
    """Fills in every required field of the details page."""
    visitor.write(full_name="Ann Example", email_address=address)
    visitor.page.get_by_label("I will join from a private space").check()


def go_to_check(visitor: Visitor, session_id: str, address: str = "") -> None:
    """Goes as far as the page for checking; without an address, uses one at the trust."""
    open_details(visitor, session_id)
    fill_in(visitor, address or f"ann@{session_id}.nhs.net")
    visitor.press(ON)


def choose_several(visitor: Visitor, number: int) -> None:
    """Opens the page to choose several sessions from the list, and chooses the first of them."""
    visitor.open("/sessions")
    visitor.follow(SEVERAL)
    for box in visitor.page.get_by_role("checkbox").all()[:number]:
        box.check()


def _list(visitor: Visitor) -> Iterator[str]:
    visitor.delete_all_sessions()
    visitor.open("/sessions")
    yield "sessions, none planned"
    visitor.open("/bookings/new")
    yield "booking, none planned"
    visitor.session(Theme="", Description="A quiet hour to look back on the week", Facilitator="Ada Example")
    visitor.session(Date="2023-09-25", Capacity=1, Place="Room 4, Example House")
    for list_, day in (("yes", "2023-10-03"), ("no", "2023-10-26")):
        visitor.book(visitor.session(Date=day, Capacity=1, WaitingList=list_))
    visitor.open("/sessions")
    yield "sessions"
    visitor.open("/bookings/new")
    yield "booking, choose a session"
    visitor.press(ON)
    yield "booking, choose a session, errors"


def _booking(visitor: Visitor) -> Iterator[str]:
    session_id = visitor.session()
    open_details(visitor, session_id)
    yield "booking, your details"
    visitor.write(email_address="ann@nowhere")
    visitor.press(ON)
    yield "booking, your details, errors"
    fill_in(visitor, f"ann@{session_id}.nhs.net")
    visitor.write(what_you_need="Captions, please")
    visitor.choose(SHARE)
    visitor.press(ON)
    yield "booking, check your answers"
    visitor.press("Change Session")
    yield "booking, change the session"
    visitor.press(ON)
    visitor.press("Change Full name")
    yield "booking, change an answer"
    visitor.press(ON)
    visitor.press(BOOK)
    yield "booked"
    visitor.advance_clock(timedelta(minutes=15))
    visitor.page.reload()
    yield "booked, opened too late"


def _outsiders(visitor: Visitor) -> Iterator[str]:
    for option, name in (("No", "booking, not for outsiders"), ("Yes", "booked, to be checked")):
        session_id = visitor.session()
        go_to_check(visitor, session_id, f"ann@{session_id}.example")
        if option == "No":
            yield "booking, your workplace"
            visitor.press(ON)
            yield "booking, your workplace, errors"
        visitor.answer(WORK, option)
        visitor.press(ON)
        if option == "Yes":
            visitor.press(BOOK)
        yield name


def _waiting(visitor: Visitor) -> Iterator[str]:
    session_id = visitor.session(Capacity=1)
    visitor.book(session_id)
    open_details(visitor, session_id)
    yield "booking, waiting list"
    go_to_check(visitor, session_id)
    yield "booking, check before waiting"
    visitor.press(WAIT)
    yield "booked, waiting"


def _refused(visitor: Visitor) -> Iterator[str]:
    for list_, name in (("yes", "booking, filled up meanwhile"), ("no", "booking, full")):
        session_id = visitor.session(Capacity=1, WaitingList=list_)
        go_to_check(visitor, session_id)
        visitor.book(session_id)
        visitor.press(BOOK)
        yield name
    go_to_check(visitor, visitor.session())
    visitor.delete_all_sessions()
    visitor.session()
    visitor.press(BOOK)
    yield "booking, session gone"


def _sent_again(visitor: Visitor) -> Iterator[str]:
    session_id = visitor.session()
    go_to_check(visitor, session_id)
    visitor.press(BOOK)
    visitor.open(f"{visitor.link(f'ann@{session_id}.nhs.net')}/cancel")
    visitor.press("Cancel my place")
    while visitor.heading() != "Check your answers before you book":
        visitor.go_back()
    visitor.press(BOOK)
    yield "booking, cancelled since it was sent"


def _several(visitor: Visitor) -> Iterator[str]:
    visitor.delete_all_sessions()
    session_id = visitor.session(Capacity=1)
    for day in ("2023-09-25", "2023-10-03"):
        visitor.session(Date=day, Description="A quiet hour to look back on the week", Facilitator="Ada Example")
    choose_several(visitor, 0)
    yield "several sessions, choose"
    visitor.press(ON)
    yield "several sessions, choose, errors"
    choose_several(visitor, 3)
    visitor.press(ON)
    yield "several sessions, your details"
    visitor.press(ON)
    yield "several sessions, your details, errors"
    fill_in(visitor, f"ann@{session_id}.nhs.net")
    visitor.press(ON)
    yield "several sessions, check your answers"
    visitor.press("Change Sessions")
    yield "several sessions, change the sessions"
    visitor.press(ON)
    visitor.book(session_id)
    visitor.press(BOOK_ALL)
    yield "several sessions, one filled up meanwhile"
    visitor.page.get_by_role("checkbox").check()
    visitor.press(ON)
    yield "several sessions, booked"


BOOKINGS = (
    Walk("the list of sessions", _list),
    Walk("booking", _booking),
    Walk("booking from outside", _outsiders),
    Walk("waiting for a place", _waiting),
    Walk("no place", _refused),
    Walk("a cancelled booking sent again", _sent_again),
    Walk("several sessions", _several),
)
