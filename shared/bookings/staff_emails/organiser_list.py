"""The list of who has booked a session, emailed to the organiser the day before and whenever the session's row asks."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.bookings.model.announcement_rules import awaits_new_time
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import reminder_about, stamp
from shared.bookings.model.session import Session
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.staff_emails.immediate_sender import ImmediateSender
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.send_cell import SEND, asks_for_list, list_being_sent, marked_as_being_sent
from shared.bookings.tables.session_rows import SessionRow
from shared.content.language.dates import Dates
from shared.failure_isolation import run_isolated
from shared.mail.log_rows import MailState
from shared.mail.renderer import MailRenderer
from shared.reminder_offsets import parse_offset
from shared.tables.table import RowConflictError
from shared.wording.sentences import sentence

logger = logging.getLogger(__name__)

_PREFIX = "organiser-list-"
_DAY_BEFORE = parse_offset("P1D")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganiserList:
    """Sends the lists to one address. What people need is counted in them and stays in the table: it is health data."""

    address: str = field(repr=False)
    rows: BookingRepository
    mail: ImmediateSender
    renderer: MailRenderer = field(repr=False)

    def run(self, found: Sequence[ReconciledSession], now: datetime) -> bool:
        """Sends what is due of the sessions that were reconciled, and says whether all of it could be."""
        tried = [self._try_session(reconciled, now) for reconciled in found if not reconciled.session.is_test]
        return all(tried)

    def _try_session(self, reconciled: ReconciledSession, now: datetime) -> bool:
        part = f"organiser list of session {reconciled.session.id}"
        return run_isolated(logger, part, lambda: self._deliver_due(reconciled, now)).succeeded

    def _deliver_due(self, reconciled: ReconciledSession, now: datetime) -> None:
        if mail_id := due_list(reconciled.session, now):
            self._deliver(reconciled, mail_id, now)
        if reconciled.row is None or not reconciled.row.row.text(SEND):
            return
        row = self.rows.session_row(reconciled.session.id)  # the run may have written the row since it read it
        if row is None:
            return
        try:
            self._answer(reconciled, row, now)
        except RowConflictError:
            logger.info("list of session %s left to the next run: its row was changed meanwhile", row.id)

    def _answer(self, reconciled: ReconciledSession, row: SessionRow, now: datetime) -> None:
        """Sends the list that the row asks for, once: the cell is marked first, and emptied once it is sent.

        The mark is a part of the email's id. So a run that was cut off goes on with the same email, and a row that is
        saved as it was while the mark stood asks for nothing again.
        """
        cell = row.row.text(SEND)
        asked = stamp(now) if asks_for_list(cell) else list_being_sent(cell)
        mail_id = f"{_PREFIX}{asked}"
        if asks_for_list(cell):
            self.rows.update_session_row(row, {SEND: marked_as_being_sent(asked)})
        if asked and self._is_over_with(reconciled, mail_id):
            self.rows.update_session_row(row, {SEND: ""})
        elif asked:
            self._deliver(reconciled, mail_id, now)

    def _is_over_with(self, reconciled: ReconciledSession, mail_id: str) -> bool:
        entry = reconciled.log.get(mail_id)
        return entry is not None and entry.state is not MailState.SENDING

    def _deliver(self, reconciled: ReconciledSession, mail_id: str, now: datetime) -> None:
        entry = reconciled.log.get(mail_id)
        if entry is not None and not entry.is_open(now):
            return
        facts = list_facts(reconciled.session, reconciled.roster, self.renderer.content.dates)
        content = self.renderer.content.of_programme(reconciled.session.programme)
        message = self.renderer.render("organiser-list", to=self.address, content=content, **facts)
        self.mail.deliver(reconciled.session.id, mail_id, message, now)


def due_list(session: Session, now: datetime) -> str | None:
    """The id of the list that should have gone by `now` (UTC), a day before by the clock here.

    None once the session has started, where it does not run, and while an edit of the start settles.
    """
    is_due = _DAY_BEFORE.before(session.starts) <= now < session.starts
    if not is_due or not session.runs or awaits_new_time(session, now):
        return None
    return f"{_PREFIX}{reminder_about(_DAY_BEFORE.text, session.starts)}"


def list_facts(session: Session, roster: Roster, dates: Dates) -> dict[str, Any]:
    """The facts of the email. Who has not proved their address is counted: the name may be anyone's."""
    placed = [each for each in roster.attendees if each.holds_a_place]
    known = [each for each in placed if not each.is_unproven and not each.is_bounced]
    return {
        "session_id": session.id,
        "starts": dates.moment(session.starts),
        "when": dates.span(session.starts, session.ends),
        "title": session.title,
        "theme": session.theme,
        "place": session.place,
        "also_online": session.is_also_online,
        "capacity": session.capacity,
        "waiting": len(roster.waiting),
        "unproven": len(placed) - len(known),
        "confirmed": _in_order(each for each in known if each.state is AttendeeState.CONFIRMED),
        "to_check": _in_order(each for each in known if each.state is AttendeeState.TO_CHECK),
        "needs": sum(bool(each.adjustments) for each in known),
    }


def _in_order(attendees: Iterable[Attendee]) -> list[str]:
    """Each with the reference, in the order of their names."""
    ordered = sorted(attendees, key=lambda each: (each.name.casefold(), each.key))
    nameless, none = sentence("portal.no-name"), sentence("organiser.no-reference")
    return [f"{each.name or nameless} ({each.reference or none})" for each in ordered]
