"""A person's own booking, by the link in the emails."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from local.tour.bookings import SHARE
from local.tour.visitor import Visitor
from local.tour.walk import Walk

CANCEL, LEAVE, MOVE, SAVE = "Cancel my place", "Leave the waiting list", "Move to this session", "Save changes"


def open_own(visitor: Visitor, **session: Any) -> str:
    """Books at a new session and opens the link in the email; returns the session's id."""
    session_id = visitor.session(**session)
    visitor.open(visitor.link(visitor.book(session_id)))
    return session_id


def _booked(visitor: Visitor) -> Iterator[str]:
    session_id = open_own(visitor)
    yield "own booking"
    address = visitor.page.url
    visitor.press("Stop reminders")
    yield "own booking, without reminders"
    visitor.open(address)
    visitor.follow("Change your details")
    yield "change details"
    visitor.write(full_name="")
    visitor.press(SAVE)
    yield "change details, errors"
    visitor.write(full_name="Zoë Other", what_you_need="Captions, please")
    visitor.choose(SHARE)
    visitor.press(SAVE)
    yield "own booking, details saved"
    visitor.open(address)
    visitor.follow("Cancel your place")
    yield "cancel"
    visitor.press(CANCEL)
    yield "own booking, cancelled"
    visitor.open(visitor.link(visitor.book(session_id, email=f"zoe@{session_id}.example", works_here=True)))
    yield "own booking, to be checked"
    visitor.open("/manage/unknown")
    yield "own booking, link unknown"


def _waiting(visitor: Visitor) -> Iterator[str]:
    session_id = visitor.session(Capacity=1)
    visitor.book(session_id, "first")
    visitor.open(visitor.link(visitor.book(session_id)))
    yield "own booking, waiting"
    visitor.follow(LEAVE)
    yield "leave the waiting list"


def _over(visitor: Visitor) -> Iterator[str]:
    session_id = visitor.session()
    link = visitor.link(visitor.book(session_id))
    visitor.change(session_id, State="cancelled")
    visitor.open(link)
    yield "own booking, called off"
    soon = visitor.now() + timedelta(minutes=30)
    link = visitor.link(visitor.book(visitor.session(Date=f"{soon:%Y-%m-%d}", Time=f"{soon:%H:%M}")))
    visitor.advance_clock(timedelta(minutes=40))
    visitor.open(link)
    yield "own booking, too late"


def _moving(visitor: Visitor) -> Iterator[str]:
    visitor.delete_all_sessions()
    open_own(visitor)
    own = visitor.page.url
    visitor.follow("Move to another session")
    yield "move, nowhere to go"
    other = visitor.session(Date="2023-09-25", Theme="Rest", Capacity=1)
    visitor.session(Date="2023-10-03")
    visitor.open(f"{own}/move")
    yield "move"
    visitor.press(MOVE)
    yield "move, errors"
    visitor.page.get_by_role("radio").first.check()
    visitor.book(other, "faster")
    visitor.press(MOVE)
    yield "move, filled up meanwhile"
    visitor.open(f"{own}/move")
    visitor.page.get_by_role("radio").first.check()
    visitor.press(MOVE)
    yield "moved"


MANAGING = (
    Walk("one's own booking", _booked),
    Walk("one's own place on a waiting list", _waiting),
    Walk("one's own booking when it is over", _over),
    Walk("moving", _moving),
)
