"""Bookings typed in under a session that does not exist, such as `P8` where `p8` is meant.

No session's roster holds them, so they are looked for by the keys of the tables `Bookings` and `Sessions`, once an
hour: one request for each 1,000 rows, of two cells each, and one to write down when that was and what was found. In
between only what was found is looked at again, three requests for each such session, so that a mended row is seen on
the next run.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from shared.bookings.model.attendee import Attendee
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_register import SessionRegister, StrayMark
from shared.bookings.tables.session_rows import SessionRow
from shared.tables.service_table import ServiceRows
from shared.tables.table import RowConflictError
from shared.wording.sentences import sentence

INTERVAL = timedelta(hours=1)

_MOST = 20  # sessions that do not exist, named at once
_SHOWN = 60  # characters of an id
_LIKE = 0.8  # of 1: as alike as p8-monday and p8monday


@dataclass(frozen=True, slots=True)
class StrayBooking:
    """A booking under `session_id`, which no session has; `problem` says so and what to do."""

    session_id: str
    attendee: Attendee
    problem: str


@dataclass(frozen=True, slots=True)
class StrayBookings:
    """Finds them and writes their `Problem`. They count nowhere and get no email."""

    bookings: BookingRepository
    register: SessionRegister

    def find(
        self, rows: Sequence[SessionRow], known: Collection[str], service_rows: ServiceRows, now: datetime
    ) -> tuple[StrayBooking, ...]:
        """Bookings whose session is neither in the schedule nor known to have been deleted from it, at `now` (UTC).

        Raises:
            StorageError: they could not all be looked at; the next run goes on.
        """
        mark = self.register.stray_mark(service_rows)
        is_due = mark is None or now - mark.at >= INTERVAL or mark.at > now
        named = mark.session_ids if mark else frozenset()
        session_ids = self.bookings.session_ids() if is_due else {row.id for row in rows}
        candidates = self.bookings.booked_session_ids() if is_due else named
        missing = sorted(candidates - session_ids - set(known))[:_MOST]
        strays = [each for session_id in missing for each in self._named(session_id, session_ids)]
        found = frozenset(each.session_id for each in strays)
        if mark is None or is_due or found != named:
            self.register.remember_strays(StrayMark(now if mark is None or is_due else mark.at, found))
        return tuple(strays)

    def _named(self, session_id: str, session_ids: Iterable[str]) -> list[StrayBooking]:
        # Not from what the run read at its start: the session may have been added since.
        if self.register.find(session_id) is not None or self.bookings.session_row(session_id) is not None:
            return []
        problem = stray_problem(session_id, session_ids)
        live = [each for each in self.bookings.roster(session_id).attendees if each.is_live]
        for each in live:
            if each.problem != problem:
                with suppress(RowConflictError):  # the next run
                    self.bookings.name_problem(session_id, each, problem)
        return [StrayBooking(session_id, each, problem) for each in live]


def stray_problem(session_id: str, session_ids: Iterable[str]) -> str:
    """The sentence for the `Problem` of a booking under a session that does not exist."""
    meant = _meant(session_id, session_ids)
    if meant:
        return sentence("portal.booking.stray-meant", session=session_id[:_SHOWN], meant=meant[:_SHOWN])
    return sentence("portal.booking.stray", session=session_id[:_SHOWN])


def _meant(session_id: str, session_ids: Iterable[str]) -> str:
    """The session whose id is most like this one; "" where none is like it."""
    by_word = {_word(each): each for each in sorted(session_ids, reverse=True)}
    alike = get_close_matches(_word(session_id), list(by_word), n=1, cutoff=_LIKE)
    return by_word[alike[0]] if alike else ""


def _word(session_id: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", session_id).casefold() if char.isalnum())
