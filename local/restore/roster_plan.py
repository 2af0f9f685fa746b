"""The bookings of one session to put back, given its rows as they are. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from local.restore.missing_rows import Cells
from local.restore.report import LeftOut
from shared.bookings.email_log.lost_roster import lost_bookings
from shared.bookings.email_log.told import told_by_key
from shared.bookings.emails.due_emails import mails_to_send
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee, Roster
from shared.bookings.model.email_ids import KIND_BY_STATE, MailId
from shared.bookings.model.same_person import one_place_each
from shared.bookings.model.session import Session
from shared.bookings.reconcile.roster import reconcile_roster
from shared.bookings.tables.attendee_rows import read_attendee
from shared.mail.log_rows import MailLogEntry
from shared.tables.table import Row


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """Rows to put `back`, those with a place last; how many are left out and why; and the roster as it is then.

    `makes_guard`: the roster has no guard, and with these rows it is whole.
    """

    back: Sequence[Cells]
    left: Counter[LeftOut]
    roster: Roster
    makes_guard: bool


def plan_roster(
    session: Session, copied: Sequence[Cells], there: Roster, log: Mapping[str, MailLogEntry], deleted: frozenset[str]
) -> RosterPlan:
    """Chooses the bookings to put back.

    `copied` are the bookings of the copy that are not `there`, without the guard, `deleted` the keys of those that
    someone deleted by hand. What the log calls cancelled is left out, and whoever has no place left: those who had
    theirs first come first.
    """
    left, back = Counter[LeftOut](), dict[str, Cells]()
    roster = replace(there, attendees=one_place_each(there.attendees))
    found = [(read_attendee(Row(cells, "")), cells) for cells in copied]
    for attendee, cells in sorted(found, key=lambda pair: _turn(pair[0])):
        reason = _reason(session, attendee, roster, log, deleted)
        if reason is None:
            back[attendee.key] = cells
            roster = _with(roster, attendee)
        else:
            left[reason] += 1
    holders = {each.key for each in roster.attendees if each.holds_a_place}
    ordered = sorted(back.values(), key=lambda cells: cells["RowKey"] in holders)
    lost = lost_bookings(roster, log) - deleted
    return RosterPlan(ordered, left, roster, makes_guard=not (roster.guard or lost) and bool(roster.attendees))


def unsure_emails(
    session: Session, plan: RosterPlan, log: Mapping[str, MailLogEntry], policy: AllocationPolicy, now: datetime
) -> list[MailId]:
    """Emails to the people put back that may have gone, by a log that may not know of them.

    They are those that are due now, and those that say where someone stands: a place may have been given since the
    copy, and will be given again.
    """
    back = {cells["RowKey"] for cells in plan.back}
    settled = reconcile_roster(session, plan.roster, log, replace(policy, on_hold=True), now).roster
    due = mails_to_send(session, settled, log, policy, now)
    standing = [MailId.to(each, kind) for each in settled.attendees for kind in KIND_BY_STATE.values()]
    found = dict.fromkeys((*due, *standing))
    return [mail for mail in found if mail.attendee in back and str(mail) not in log]


def _turn(attendee: Attendee) -> tuple[bool, datetime, str]:
    return not attendee.holds_a_place, attendee.state_at or attendee.booked_at, attendee.key


def _with(roster: Roster, attendee: Attendee) -> Roster:
    return replace(roster, attendees=one_place_each((*roster.attendees, attendee)))


def _reason(
    session: Session, attendee: Attendee, roster: Roster, log: Mapping[str, MailLogEntry], deleted: frozenset[str]
) -> LeftOut | None:
    if attendee.key in deleted:
        return LeftOut.DELETED
    told = told_by_key([attendee], log)[attendee.key]
    if attendee.is_live and told.cancellation(max(told.latest, attendee.generation)):
        return LeftOut.CANCELLED
    if attendee.holds_a_place and _with(roster, attendee).held > max(session.capacity, roster.held):
        return LeftOut.NO_PLACE
    return None
