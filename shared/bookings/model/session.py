"""Sessions: their state, what attendees were told of them, and what changed. No clock, no storage, no HTTP."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.bookings.model.errors import SessionClosedError, SessionPastError
from shared.reminder_offsets import Offset


class SessionState(StrEnum):
    """States that administrators give a session; only `open` takes bookings, and `test` where nobody sees it."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    TEST = "test"  # booked by tests of the running service, by its link alone: in no list, and of no interest to staff


BOOKABLE = frozenset({SessionState.OPEN, SessionState.TEST})
RUNS = BOOKABLE | {SessionState.CLOSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedDetails:
    """Details that attendees are told of when they change. `starts` is in UTC; an empty `theme` is an open session.

    An empty `place` is the organisation's usual one, online. `note` and `join_url` are for those with a place alone.
    """

    starts: datetime
    minutes: int
    theme: str
    join_url: str
    called_off: bool
    place: str = ""
    note: str = ""

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One dated session as attendees know it; `join_url` and `note` are for attendees only.

    `history` holds the details of each version that they were told, oldest first; `forgotten` counts the versions
    before those, which nobody can be expected to know any more. `typed` is what its row says where that differs
    from what attendees know. `holds_emails`: an administrator has updates and reminders wait. `programme`
    is "" for the first one of the installation.
    """

    id: str
    starts: datetime
    minutes: int
    capacity: int
    title: str
    theme: str
    join_url: str
    state: SessionState
    reminders: tuple[Offset, ...]
    waiting_list: bool = True
    description: str = ""
    facilitator: str = ""
    place: str = ""
    note: str = ""
    feedback_url: str = ""
    programme: str = ""
    history: tuple[AnnouncedDetails, ...] = ()
    forgotten: int = 0
    typed: AnnouncedDetails | None = None
    holds_emails: bool = False

    @property
    def version(self) -> int:
        """The number of times that attendees were told about the session: 0 before anyone was."""
        return self.forgotten + len(self.history)

    def told(self, version: int) -> AnnouncedDetails | None:
        """The details that a version told, counted from 1; None for one that is forgotten or is none."""
        return self.history[version - self.forgotten - 1] if self.forgotten < version <= self.version else None

    def continues(self, earlier: "Session") -> bool:
        """True if everything that attendees were told according to `earlier` was told according to this one too."""
        versions = range(max(self.forgotten, earlier.forgotten) + 1, earlier.version + 1)
        return self.version >= earlier.version and all(self.told(each) == earlier.told(each) for each in versions)

    @property
    def details(self) -> AnnouncedDetails:
        return AnnouncedDetails(
            starts=self.starts,
            minutes=self.minutes,
            theme=self.theme,
            join_url=self.join_url,
            called_off=self.state is SessionState.CANCELLED,
            place=self.place,
            note=self.note,
        )

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)

    @property
    def is_also_online(self) -> bool:
        """True if it is both in a room and online, and its place does not say so itself."""
        return bool(self.place and self.join_url) and not _says_online(self.place)

    @property
    def awaits_link(self) -> bool:
        """True if a joining link is still to come: it is online, or its place says that it is that as well."""
        return not self.join_url and (not self.place or _says_online(self.place))

    @property
    def is_online(self) -> bool:
        """True if people join it by a link, whether that is there yet or not."""
        return bool(self.join_url) or self.awaits_link

    @property
    def runs(self) -> bool:
        """True if it is to take place, open for bookings or not."""
        return self.state in RUNS

    def is_over(self, now: datetime) -> bool:
        return now >= self.ends

    def takes_bookings(self, now: datetime) -> bool:
        return self.state in BOOKABLE and now < self.starts

    def is_listed(self, now: datetime) -> bool:
        """True if lists show it: it takes bookings, and is not for tests alone."""
        return self.takes_bookings(now) and not self.is_test

    @property
    def is_test(self) -> bool:
        return self.state is SessionState.TEST

    def check_takes_bookings(self, now: datetime) -> None:
        """Returns if a place may be asked for at this moment.

        Raises:
            SessionPastError: it has started.
            SessionClosedError: it is a draft, closed or cancelled.
        """
        if now >= self.starts:
            raise SessionPastError(self.id)
        if self.state not in BOOKABLE:
            raise SessionClosedError(self.id)


def took_place(session: Session) -> bool:
    """True of a session that is over and counts: it was not called off, nor a draft, nor one for tests alone."""
    return session.runs and not session.is_test


def with_first_announcement(session: Session) -> Session:
    """The session with what it says now as the first thing that anyone is told of it."""
    return replace(session, history=(session.details,))


class Change(StrEnum):
    """Kinds of change that attendees are told of, most important first."""

    CALLED_OFF = "called-off"
    TAKES_PLACE = "takes-place"
    MOVED = "moved"
    ENDS = "ends"
    LINK_GIVEN = "link-given"
    LINK_CHANGED = "link-changed"
    LINK_GONE = "link-gone"
    THEME = "theme"
    NO_THEME = "no-theme"
    PLACE = "place"
    NO_PLACE = "no-place"
    NOTE = "note"
    NO_NOTE = "no-note"


def changes(before: AnnouncedDetails, after: AnnouncedDetails) -> list[Change]:
    """Changes, most important first; nothing else counts of a session that is called off."""
    if after.called_off and not before.called_off:
        return [Change.CALLED_OFF]
    found = [Change.TAKES_PLACE] if before.called_off else []
    if after.starts != before.starts:
        found.append(Change.MOVED)
    elif after.minutes != before.minutes:
        found.append(Change.ENDS)
    if after.join_url != before.join_url:
        found.append(_of_the_link(before.join_url, after.join_url))
    if after.theme != before.theme:
        found.append(Change.THEME if after.theme else Change.NO_THEME)
    if after.place != before.place:
        found.append(Change.PLACE if after.place else Change.NO_PLACE)
    if after.note != before.note:
        found.append(Change.NOTE if after.note else Change.NO_NOTE)
    return found


def _of_the_link(before: str, after: str) -> Change:
    if not after:
        return Change.LINK_GONE
    return Change.LINK_CHANGED if before else Change.LINK_GIVEN


def _says_online(place: str) -> bool:
    return "online" in place.casefold()
