"""The last look of this process at each session, kept for a moment, and a lock in front of each."""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

from shared.bookings.model.attendee import Attendee, Roster
from shared.bookings.model.errors import BookingsBusyError
from shared.bookings.model.session import Session
from shared.mail.log_rows import MailLogEntry

SNAPSHOT_MAX_AGE = 2.0  # seconds for which a look may be used; the guard's ETag still decides


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session, its roster and its email log as a look found them that began at `taken_at` (monotonic seconds).

    The log was read last, for whoever asks: the number of requests must not tell if they are on the roster.
    """

    session: Session
    roster: Roster
    taken_at: float
    log: Mapping[str, MailLogEntry] = field(default_factory=dict)

    @property
    def has_place(self) -> bool:
        return self.roster.held < self.session.capacity and not self.roster.waiting

    def with_attendee(self, attendee: Attendee, guard: str) -> "Snapshot":
        return replace(self, roster=self.roster.with_changed(attendee, guard=guard))


class SnapshotCache:
    """The last look at each session. It saves the reads of a booking; it never says that a session is full."""

    def __init__(self) -> None:
        self._snapshots: dict[str, Snapshot] = {}

    def keep(self, snapshot: Snapshot) -> None:
        self._snapshots[snapshot.session.id] = snapshot

    def forget(self, session_id: str) -> None:
        self._snapshots.pop(session_id, None)

    def usable(
        self, session_id: str, *, submission: str, arrived: float, monotonic: float, only_own: bool = False
    ) -> Snapshot | None:
        """A look that someone with this submission, who arrived at monotonic second `arrived`, may be answered from.

        One that began after they arrived is as good as their own, whatever it says. An older one may only confirm, and
        not repeat an answer: what is confirmed is written, and the ETags say if it has changed since. Someone who is on
        the roster is no exception, so that the number of requests does not tell whether they are. None may be used with
        `only_own`: who is unproven may be told to wait by one in which there are places.
        None is used for longer than `SNAPSHOT_MAX_AGE`: no guard changes when an administrator edits the capacity.
        """
        snapshot = self._snapshots.get(session_id)
        if snapshot is None or monotonic - snapshot.taken_at > SNAPSHOT_MAX_AGE:
            return None
        if snapshot.taken_at >= arrived:
            return snapshot
        is_enough = not only_own and snapshot.has_place and snapshot.roster.find_submission(submission) is None
        return snapshot if is_enough else None


class SessionLocks:
    """One at a time for each session within this process: thirty times fewer lost races for the guard in a rush."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    @contextmanager
    def hold(self, session_id: str, *, timeout: float) -> Generator[None]:
        """Holds the turn while the body runs.

        Raises:
            BookingsBusyError: those in front took longer than `timeout` seconds.
        """
        with self._guard:
            lock = self._locks.setdefault(session_id, threading.Lock())
        if not lock.acquire(timeout=timeout):
            raise BookingsBusyError
        try:
            yield
        finally:
            lock.release()
