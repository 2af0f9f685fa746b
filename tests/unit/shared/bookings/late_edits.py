"""Edits of a session around its start, and the promise about them.

Nobody who follows the last email that they got before the start waits in the wrong call: at the wrong time, at the
wrong link, or for a session that was called off. The only exception is an edit that no run of the timer could see
before the moment that it is about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.bookings.model.attendee import Attendee, AttendeeState, can_be_mailed
from shared.bookings.model.email_ids import INCLUDES_SESSION_DETAILS, MailKind
from shared.bookings.model.session import Session
from shared.installation.facts import LONDON
from shared.local_time import span_in_words
from shared.mail.log_rows import MailState
from tests.unit.shared.bookings.faulty_booking_system import FaultyBookingHarness, SentMail, Snapshot

STEP = timedelta(minutes=5)
"""The timer runs every five minutes, on the hour and after it."""


@dataclass(frozen=True)
class LateEdit:
    """One edit: by how many minutes the start moves, and whether the link is another one and the session is off."""

    shift: int
    new_link: bool
    called_off: bool

    def cells(self, session: Session, typed_at: datetime) -> dict[str, str]:
        cells: dict[str, str] = {}
        if self.shift:
            wall = (session.starts + timedelta(minutes=self.shift)).astimezone(LONDON)
            cells |= {"Date": f"{wall:%Y-%m-%d}", "Time": f"{wall:%H:%M}"}
        if self.new_link:
            cells["JoinUrl"] = f"https://teams.example/late-{typed_at:%d%H%M}"
        if self.called_off:
            cells["State"] = "cancelled"
        return cells


@dataclass(frozen=True)
class Drive:
    """A session as everyone on it knows it, shortly before the edit is typed."""

    session: Session
    before: Snapshot
    typed_at: datetime


def start(harness: FaultyBookingHarness, session_id: str, before: int, tick: Callable[[], None]) -> Drive | None:
    """Lets time go on to that many minutes before the start; None if something else about the session is unsettled."""
    session = harness.snapshot().session(session_id)
    if session is None or not session.version or session.starts.year >= 2100:
        return None
    typed_at = session.starts - timedelta(minutes=before)
    if typed_at - 8 * STEP <= harness.now:
        return None
    for steps in (7, 3, 2, 1):
        harness.at(_mark(typed_at) - steps * STEP)
        tick()
    harness.at(typed_at)
    return _drive(harness, session, typed_at)


def _drive(harness: FaultyBookingHarness, session: Session, typed_at: datetime) -> Drive | None:
    now = harness.snapshot()
    row = now.rows.get(session.id)
    if row is None or row.session is None or row.written is None or row.known is None or not row.session.runs:
        return None
    if row.written.details != row.known.details or row.session.starts != session.starts:
        return None
    on_their_way = [each for each in harness.ledger().entries(session.id).values() if each.state is MailState.SENDING]
    if on_their_way or harness.mailer().sending.is_paused(harness.now):
        return None
    return Drive(row.session, now, typed_at)


def type_and_check(harness: FaultyBookingHarness, drive: Drive, edit: LateEdit, tick: Callable[[], None]) -> None:
    """Types the edit, lets the timer run until the starts have passed, and checks the promise."""
    harness.type_session(drive.session.id, **edit.cells(drive.session, drive.typed_at))
    row = harness.snapshot().rows[drive.session.id]
    if row.written is None:
        return  # a time that the clocks skip or show twice
    written, sent = row.written, len(harness.recorder.sent_mails)
    moments = [drive.typed_at, *(min(each, drive.typed_at + timedelta(hours=3)) for each in _starts(drive, written))]
    marks = {_mark(moment) + steps * STEP for moment in moments for steps in (-1, 0, 1, 2, 3, 4)}
    for mark in sorted(each for each in marks if each > drive.typed_at):
        harness.at(mark)
        tick()
    for attendee in _confirmed_throughout(drive, harness.snapshot()):
        mine = [each for each in harness.recorder.sent_mails if _is_to(each, drive.session, attendee)]
        new = [each for each in harness.recorder.sent_mails[sent:] if _is_to(each, drive.session, attendee)]
        if len(mine) > len(new):
            _check(drive, written, mine, new)


def _check(drive: Drive, written: Session, mine: list[SentMail], new: list[SentMail]) -> None:
    session, typed_at = drive.session, drive.typed_at
    moves = written.starts != session.starts
    told = _until(mine, session.starts if typed_at < session.starts - STEP else typed_at + STEP)
    if written.details.called_off and typed_at + STEP < session.ends:
        assert told.mail.kind is MailKind.SESSION_CANCELLED, "they wait for a session that was called off"
        return
    if written.join_url and written.join_url != session.join_url and typed_at + STEP < session.ends:
        assert written.join_url in told.message.text, "they wait at a link that is no longer valid"
    moment = min(session.starts, written.starts)
    span = span_in_words(written.starts, written.ends)
    if moves and typed_at < moment - STEP:
        assert span in _until(mine, moment).message.text, "they wait at the wrong time"
    if moves and typed_at >= moment:
        assert not any(span in each.message.text for each in new), "a start in the past was announced"


def _until(mails: list[SentMail], moment: datetime) -> SentMail:
    """The last email that says what the session is like, of those that came by then."""
    return [each for each in mails if each.at <= moment][-1]


def _is_to(each: SentMail, session: Session, attendee: Attendee) -> bool:
    of_whom = (each.session_id, each.mail.attendee, each.mail.generation)
    kind = each.mail.kind in INCLUDES_SESSION_DETAILS or each.mail.kind is MailKind.REMINDER
    return kind and of_whom == (session.id, attendee.key, attendee.generation)


def _confirmed_throughout(drive: Drive, after: Snapshot) -> list[Attendee]:
    then = {(each.key, each.generation, each.state) for each in drive.before.rosters[drive.session.id].attendees}
    found = [each for each in after.rosters[drive.session.id].attendees if each.state is AttendeeState.CONFIRMED]
    return [each for each in found if (each.key, each.generation, each.state) in then and can_be_mailed(each.email)]


def _starts(drive: Drive, written: Session) -> list[datetime]:
    return [drive.session.starts, written.starts]


def _mark(moment: datetime) -> datetime:
    """The last run of the timer at or before a moment."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % 300, tz=UTC)
