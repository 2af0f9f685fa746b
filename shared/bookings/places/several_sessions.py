"""Booking several sessions with one form: each by a decision and a transaction of its own, and none stops another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.bookings.model.errors import BookingsBusyError
from shared.bookings.model.session import Session
from shared.bookings.places.request import BookingRequest, BookingResult
from shared.bookings.places.service import TIMEOUT, BookingService

MOST_SESSIONS = 5
"""Sessions that one form books at most: each takes a transaction, and brings an email."""


@dataclass(frozen=True, slots=True)
class SessionOutcome:
    """The answer for one session of several: the `result`, or the `error` that it ended with.

    `was_tried` is false if the others took all the time.
    """

    session_id: str
    result: BookingResult | None = None
    error: Exception | None = None
    was_tried: bool = True


def book_each(places: BookingService, requests: Sequence[BookingRequest], now: datetime) -> tuple[SessionOutcome, ...]:
    """Asks for a place for each request in turn, as `BookingService.book` does, and answers in the same order.

    The requests may have one submission id: sent again, each session gives the answer that it gave before, and those
    that were left out are tried. Once 20 seconds are over no more are begun, because the person at the form is waiting.
    """
    began = places.monotonic()

    def outcomes() -> Iterator[SessionOutcome]:
        for each in requests:
            is_late = places.monotonic() - began >= TIMEOUT
            yield _not_tried(each) if is_late else _outcome(places, each, now)

    return tuple(outcomes())


def _not_tried(request: BookingRequest) -> SessionOutcome:
    return SessionOutcome(request.session_id, error=BookingsBusyError(), was_tried=False)


def _outcome(places: BookingService, request: BookingRequest, now: datetime) -> SessionOutcome:
    try:
        return SessionOutcome(request.session_id, places.book(request, now))
    except Exception as error:  # noqa: BLE001  # what was booked before it stays booked, and the page has to say so
        return SessionOutcome(request.session_id, error=error)


def upcoming_sessions(places: BookingService, now: datetime) -> dict[str, Session]:
    """Every session that is not long over, by its id, whether it takes bookings or not: one request.

    Raises:
        StorageError: the sessions cannot be read.
    """
    return {each.id: each for each in places.lists.sessions(places.store, now)}
