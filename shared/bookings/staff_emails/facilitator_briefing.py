"""Briefings by email for those who run a session: how many come and what they need, a week and a day before."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.bookings.model.announcement_rules import awaits_new_time
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import FACILITATOR_MAIL_PREFIX, reminder_about
from shared.bookings.model.session import Session
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.staff_emails.immediate_sender import ImmediateSender
from shared.content.language.dates import IN_ENGLISH, Dates
from shared.failure_isolation import run_isolated
from shared.mail.renderer import MailRenderer
from shared.reminder_offsets import parse_offsets, reminder_times

logger = logging.getLogger(__name__)

_OFFSETS = parse_offsets("P7D,P1D")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilitatorBriefing:
    """Tells one address. `names`: also who comes, for letting them in from the lobby."""

    address: str = field(repr=False)
    names: bool = False
    mail: ImmediateSender
    renderer: MailRenderer = field(repr=False)

    def run(self, found: Sequence[ReconciledSession], now: datetime) -> bool:
        """Sends what is due of the sessions that were reconciled, and says whether all of it could be."""
        tried = [self._try_session(reconciled, now) for reconciled in found]
        return all(tried)

    def _try_session(self, reconciled: ReconciledSession, now: datetime) -> bool:
        part = f"facilitator briefing of session {reconciled.session.id}"
        return run_isolated(logger, part, lambda: self._deliver(reconciled, now)).succeeded

    def _deliver(self, reconciled: ReconciledSession, now: datetime) -> None:
        mail_id = due_briefing(reconciled.session, now)
        entry = reconciled.log.get(mail_id) if mail_id else None
        if mail_id is None or (entry is not None and not entry.is_open(now)):
            return
        dates = self.renderer.content.dates
        facts = briefing_facts(reconciled.session, reconciled.roster, names=self.names, dates=dates)
        content = self.renderer.content.of_programme(reconciled.session.programme)
        message = self.renderer.render("facilitators", to=self.address, content=content, **facts)
        self.mail.deliver(reconciled.session.id, mail_id, message, now)


def due_briefing(session: Session, now: datetime) -> str | None:
    """The id of the email that should have gone by `now` (UTC): the nearest only, and none once it has started.

    A session that is first seen, or that moves, within the week is told of at once: it is news to them. While an
    edit of the start settles, none is due.
    """
    if not session.runs or session.is_test or now >= session.starts or awaits_new_time(session, now):
        return None
    due = [offset for at, offset in reminder_times(session.starts, _OFFSETS) if at <= now]
    return f"{FACILITATOR_MAIL_PREFIX}{reminder_about(due[-1].text, session.starts)}" if due else None


def briefing_facts(session: Session, roster: Roster, *, names: bool, dates: Dates = IN_ENGLISH) -> dict[str, Any]:
    """The facts of the email. Without `names` there is nobody's in them, and nothing that was not agreed to share.

    `adjustments` are pairs of a name, None without `names`, and what that person asks for.
    """
    attendees = sorted(roster.attendees, key=lambda each: (each.name.casefold(), each.key))
    placed = [each for each in attendees if each.holds_a_place and not each.is_unproven]
    sharing = [each for each in placed if each.adjustments and each.share_adjustments]
    confirmed = [each for each in attendees if each.state is AttendeeState.CONFIRMED]
    return {
        "starts": dates.moment(session.starts),
        "when": dates.span(session.starts, session.ends),
        "title": session.title,
        "theme": session.theme,
        "place": session.place,
        "also_online": session.is_also_online,
        "confirmed": len(confirmed),
        "to_check": sum(each.state is AttendeeState.TO_CHECK for each in placed),
        "waiting": len(roster.waiting),
        "capacity": session.capacity,
        "adjustments": _with_names(sharing) if names else _without_names(sharing),
        "names": [each.name for each in confirmed] if names else [],
    }


def _with_names(sharing: Sequence[Attendee]) -> list[tuple[str, str]]:
    return [(each.name, each.adjustments) for each in sharing]


def _without_names(sharing: Sequence[Attendee]) -> list[tuple[None, str]]:
    # Not in the order of the names, which would tell.
    return [(None, text) for text in sorted(each.adjustments for each in sharing)]
