"""The memory behind the lists of sessions: what a process read last, so that a list costs what changed since."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.bookings.model.place_count import PlaceCount
from shared.bookings.model.session import Session
from shared.bookings.tables.place_counts import read_place_counts
from shared.bookings.tables.repository import BookingRepository, RowStamps

COUNT_MAX_AGE = 5.0  # seconds for which a list may show the places that it counted; a booking counts them itself
_PATIENCE = 2.0  # seconds to wait for another request that is counting the same places


@dataclass(frozen=True, slots=True)
class _Schedule:
    stamps: RowStamps
    sessions: tuple[Session, ...]


@dataclass(slots=True)
class ListMemory:
    """Sessions by the ETags of their rows, which say exactly if anything changed; places for five seconds.

    Only for showing: nothing is booked or refused by what it says.
    """

    monotonic: Callable[[], float]
    _schedule: _Schedule | None = None
    _counts: dict[str, tuple[PlaceCount, float]] = field(default_factory=dict)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def sessions(self, store: BookingRepository, now: datetime) -> tuple[Session, ...]:
        """The sessions that are not long over at `now` (UTC), earliest first: one request, two if a row changed."""
        schedule = self._schedule
        if schedule is None or store.listed_stamps(now) != schedule.stamps:
            schedule = self._schedule = _Schedule(*store.listed_sessions(now))
        return schedule.sessions

    def counts(self, store: BookingRepository, session_ids: Sequence[str]) -> dict[str, PlaceCount]:
        """The places taken in each session, no older than five seconds."""
        known = self._known(session_ids)
        if len(known) < len(session_ids):
            # Many who come at once to a list that is not in memory wait for the first of them, within reason.
            first = self._counting.acquire(timeout=_PATIENCE)
            try:
                known = self._known(session_ids)
                known |= self._read(store, [each for each in session_ids if each not in known])
            finally:
                if first:
                    self._counting.release()
        return known

    def forget(self, session_id: str) -> None:
        """Has the places of one session counted anew, for whoever has just taken or freed one to see it."""
        self._counts.pop(session_id, None)

    def _known(self, session_ids: Sequence[str]) -> dict[str, PlaceCount]:
        oldest, counts = self.monotonic() - COUNT_MAX_AGE, dict(self._counts)
        return {each: counts[each][0] for each in session_ids if each in counts and counts[each][1] >= oldest}

    def _read(self, store: BookingRepository, session_ids: Sequence[str]) -> dict[str, PlaceCount]:
        if not session_ids:
            return {}
        began = self.monotonic()
        found = read_place_counts(store.bookings_table, session_ids)
        self._counts |= {each: (count, began) for each, count in found.items()}
        return found
