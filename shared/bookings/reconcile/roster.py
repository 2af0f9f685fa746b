"""Changes to the roster of a session, so that it is as it should be at a moment. Pure.

No list of work is kept anywhere. What is owed follows from the session, its roster and the time, less what the email
log says was sent. So a run that is late, missed, repeated or done twice at once leaves nothing out and doubles nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.bookings.emails.address_limit.counted import MOST_EMAILS
from shared.bookings.emails.reminders import upcoming_reminders
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Roster, can_be_mailed
from shared.bookings.model.email_ids import KIND_BY_STATE, MailId, MailKind
from shared.bookings.model.generation import first_unused_generation, next_generation
from shared.bookings.model.proving import forgotten, kept_until, vouched_for, without_holds
from shared.bookings.model.same_person import one_place_each, same_person_problem
from shared.bookings.model.session import Session
from shared.bookings.reconcile.address_change import note_address_change
from shared.bookings.reconcile.requests.sending_again import answer
from shared.bookings.reconcile.stale_saves.cancelled_rows import SET_BACK_PROBLEM, is_set_back
from shared.bookings.reconcile.stale_saves.settling import StaleSaves
from shared.local_time import short
from shared.mail.log_rows import UNDELIVERED, MailLogEntry, MailState
from shared.wording.sentences import sentence

_STATE_WORDS = {
    MailState.SENT: "sent",
    MailState.DELIVERED: "delivered",
    MailState.BOUNCED: "bounced",
    MailState.FAILED: "failed",
    MailState.SKIPPED: "skipped",
}

_OUTDATED = timedelta(hours=1)  # since an email could have gone: there is no longer any reason for it
_SHOWN_EMAILS = 50  # the newest in the cell `Mail`, which holds 32,768 UTF-16 code units


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """The roster as it should be, who on it changed, and whether places were given or freed by it."""

    roster: Roster
    changed: tuple[Attendee, ...]
    moves_places: bool
    gives_places: bool

    def since(self, before: Roster) -> "RosterChanges":
        """The same, with those as changed who are not as they were in `before`.

        Those who only have another place on the waiting list come last: where not all fit into one transaction, the
        places that are given and freed go first.
        """
        were = {attendee.key: attendee for attendee in before.attendees}
        changed = [each for each in self.roster.attendees if each != were[each.key]]
        changed.sort(key=lambda each: replace(were[each.key], position=each.position) == each)
        return replace(self, changed=tuple(changed))


def reconcile_roster(
    session: Session, roster: Roster, log: Mapping[str, MailLogEntry], policy: AllocationPolicy, now: datetime
) -> RosterChanges:
    """Takes note of what administrators did by hand, frees places held too long, and gives free ones to who waits."""
    stale = StaleSaves(session, policy, now)
    current, left = stale.undone(roster, log), stale.left(roster, log)
    marked = one_place_each(current.attendees)
    noted = current.with_changed(*(each if each.key in left else _noted(each, log, now) for each in marked))
    freed = _freed(session, noted, policy, now)
    after = noted.with_changed(*freed, *_forgotten(session, noted, policy, now))
    after = after.with_changed(*(lost := _lost_holds(session, after, log, policy, now)))
    places = policy.reassigned(session, after, now)
    after = after.with_changed(*places.lost, *places.given)
    after = after.with_changed(*policy.let_on_the_list(session, after, now))
    positions = {each.key: str(number) for number, each in enumerate(after.waiting, 1)}
    after = after.with_changed(
        *(
            _with_position(_with_mail_summary(session, _renew_after_downgrade(each, log), log, now), positions)
            for each in after.attendees
            if each.key not in left
        )
    )
    gives = bool(places.given or current is not roster)
    return RosterChanges(after, (), bool(freed or lost or gives), gives_places=gives).since(roster)


def _with_position(attendee: Attendee, positions: Mapping[str, str]) -> Attendee:
    return replace(attendee, position=positions.get(attendee.key, ""))


def _freed(session: Session, roster: Roster, policy: AllocationPolicy, now: datetime) -> tuple[Attendee, ...]:
    """Those whom nobody has checked in time, as cancelled."""
    return tuple(each.cancelled(Reason.NOT_CHECKED, now) for each in policy.not_checked_in_time(session, roster, now))


def _forgotten(session: Session, roster: Roster, policy: AllocationPolicy, now: datetime) -> tuple[Attendee, ...]:
    """Those whose time to prove their address is over, as cancelled."""
    return () if policy.on_hold else forgotten(session, roster, now)


def _lost_holds(
    session: Session, roster: Roster, log: Mapping[str, MailLogEntry], policy: AllocationPolicy, now: datetime
) -> tuple[Attendee, ...]:
    """Those for whom no place is held any longer: their time is over, or the row was saved as it was before that."""
    told = [each for each in roster.unproven_held if str(MailId.to(each, MailKind.HOLD_LOST)) in log]
    again = () if policy.on_hold else without_holds(told, now)
    return (*again, *policy.lost_holds(session, roster.with_changed(*again), now))


def _noted(attendee: Attendee, log: Mapping[str, MailLogEntry], now: datetime) -> Attendee:
    """The attendee with what administrators did to the row taken note of."""
    edited = note_address_change(attendee, _apply_manual_edits(_with_proof_told(attendee, log), now), log)
    return _skip_used_generations(edited, log, is_new=_is_typed_anew(attendee))


def _with_proof_told(attendee: Attendee, log: Mapping[str, MailLogEntry]) -> Attendee:
    """The attendee as proved if an email says so: the row was saved as it had been before the button was pressed."""
    told = (str(MailId.to(attendee, kind)) in log for kind in KIND_BY_STATE.values())
    return vouched_for(attendee) if attendee.is_unproven and any(told) else attendee


def _is_typed_anew(attendee: Attendee) -> bool:
    """True if an administrator added the row since the last run: nothing has been sent about it yet."""
    return not attendee.known_state and not attendee.is_written_by_service


def _apply_manual_edits(attendee: Attendee, now: datetime) -> Attendee:
    if attendee.is_repeated:
        return _without_place(attendee, now)
    state, was = attendee.state, attendee.known_state
    # An address that is another person's is not taken for theirs: nothing is sent until it is corrected.
    known_email = attendee.known_email if attendee.same_person else attendee.email
    edited = replace(attendee, known_state=str(state), known_email=known_email)
    if not was:
        edited = replace(edited, state_at=attendee.state_at or now)  # typed by hand: known from now on
    if was and state != was:
        edited = _with_typed_state(edited, was, now)
    if attendee.has_other_address and not attendee.same_person:
        edited = vouched_for(edited)
    if state is AttendeeState.CONFIRMED:
        edited = replace(edited, needs_check=False)
    return _at_the_end_of_the_list(edited, was, now) if state is AttendeeState.WAITING else edited


def _with_typed_state(attendee: Attendee, was: str, now: datetime) -> Attendee:
    """The attendee with a state that an administrator wrote: whoever is written in has not to prove anything."""
    edited = replace(attendee, state_at=now, reason="")
    if attendee.state is AttendeeState.CANCELLED:
        return replace(edited, reason=str(Reason.BY_ORGANISER))
    sure = vouched_for(edited)
    return replace(sure, generation=next_generation(sure)) if was == AttendeeState.CANCELLED else sure


def _at_the_end_of_the_list(attendee: Attendee, was: str, now: datetime) -> Attendee:
    """Someone who was put on the waiting list by hand waits behind those on it, unless the row says since when."""
    joined = was != attendee.state if was else attendee.waiting_since is None
    return replace(attendee, waiting_since=now) if joined else attendee


def _without_place(attendee: Attendee, now: datetime) -> Attendee:
    if attendee.state is AttendeeState.CANCELLED:
        return attendee
    return replace(attendee.cancelled(Reason.BOOKED_TWICE, now), known_email=attendee.email)


def _skip_used_generations(attendee: Attendee, log: Mapping[str, MailLogEntry], *, is_new: bool) -> Attendee:
    """Moves on an attendee whose key an earlier row had, which was deleted: that one's emails are not theirs."""
    earlier = [entry for entry in log.values() if is_new or entry.at < attendee.booked_at]
    anew = first_unused_generation(
        attendee, lambda generation: any(_belongs_to(entry, attendee.key, generation) for entry in earlier)
    )
    return attendee if anew is attendee else replace(anew, address_since=anew.generation)


def _renew_after_downgrade(attendee: Attendee, log: Mapping[str, MailLogEntry]) -> Attendee:
    """Moves on an attendee who was told that they have more than they now have: each step is news to them again."""
    if attendee.is_bounced:
        return attendee  # they have not heard, and are told nothing until someone has looked
    kinds = list(KIND_BY_STATE.values())
    more = kinds[kinds.index(KIND_BY_STATE[attendee.state]) + 1 :] if attendee.is_live else []
    return first_unused_generation(
        attendee, lambda generation: any(str(MailId(attendee.key, generation, kind)) in log for kind in more)
    )


def _belongs_to(entry: MailLogEntry, key: str, generation: int) -> bool:
    return entry.mail_id.startswith(f"{key}-{generation}-")


def _with_mail_summary(
    session: Session, attendee: Attendee, log: Mapping[str, MailLogEntry], now: datetime
) -> Attendee:
    """The attendee with what people read in the row: which emails went out and will, what is wrong, and answers."""
    mine = f"{attendee.key}-{attendee.generation}-"
    done = sorted(
        (each for each in log.values() if each.mail_id.startswith(mine)), key=lambda each: (each.at, each.mail_id)
    )
    cells = (attendee.cell_problems, same_person_problem(attendee), SET_BACK_PROBLEM if is_set_back(attendee) else "")
    problems = (*cells, _undelivered(done), _perhaps_sent(done))
    summary, said = _mail_summary(session, attendee, done, now), " ".join(filter(None, problems))
    return replace(attendee, mail=summary, problem=said, send_again=answer(session, attendee, log, now))


def _mail_summary(session: Session, attendee: Attendee, done: Sequence[MailLogEntry], now: datetime) -> str:
    # For people to read: confirmation sent Fri 1 Sep, 9am; reminder due Thu 7 Sep, 3pm.
    shown = [each for each in done if not (each.waits and now - each.not_before > _OUTDATED)]
    return "; ".join([*map(_entry_words, shown[-_SHOWN_EMAILS:]), *_coming(session, attendee, now)])


def _coming(session: Session, attendee: Attendee, now: datetime) -> list[str]:
    if attendee.same_person:
        return [sentence("portal.booking.mail.none-is-sent")]
    if attendee.is_live and not can_be_mailed(attendee.email):
        return [sentence("portal.booking.mail.none-can-be-sent")]
    if attendee.is_unproven:
        return [sentence("portal.booking.mail.address", until=short(kept_until(session, attendee)))]
    due = [short(at) for at in upcoming_reminders(session, attendee, now)[:1]]
    held: list[str] = [sentence("portal.booking.mail.reminder-held", at=at) for at in due]
    return held if session.holds_emails else [sentence("portal.booking.mail.reminder", at=at) for at in due]


def _undelivered(done: Sequence[MailLogEntry]) -> str:
    known = [each for each in done if each.state in UNDELIVERED and not each.may_have_gone]
    lost = [f"{_kind(each)} {_STATE_WORDS[each.state]}" for each in known]
    if not lost:
        return ""
    # Each once: a second reminder that comes back as the first did is no news.
    what = ", ".join(dict.fromkeys(lost))
    return sentence("portal.booking.mail.not-arrived", what=what)


def _perhaps_sent(done: Sequence[MailLogEntry]) -> str:
    unknown = [_kind(each) for each in done if each.may_have_gone]
    if not unknown:
        return ""
    return sentence("portal.booking.mail.may-not-have-arrived", what=", ".join(dict.fromkeys(unknown)))


def _entry_words(entry: MailLogEntry) -> str:
    if entry.waits and not entry.sent_with:
        until = short(entry.not_before)
        return sentence("portal.booking.mail.waits", kind=_kind(entry), until=until, number=MOST_EMAILS)
    on_its_way = sentence("portal.booking.mail.on-its-way")
    perhaps = sentence("portal.booking.mail.perhaps-sent") if entry.may_have_gone else ""
    return f"{_kind(entry)} {perhaps or _STATE_WORDS.get(entry.state, on_its_way)} {short(entry.at)}"


def _kind(entry: MailLogEntry) -> str:
    mail_id = MailId.parse(entry.mail_id)
    return str(mail_id.kind) if mail_id else entry.mail_id
