"""Alerts for the organiser about one session as it stands at a moment, whether or not they were sent before."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.bookings.email_log.bounces import MassBounce
from shared.bookings.email_log.lost_roster import lost_in_words
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import FACILITATOR_MAIL_PREFIX, stamp
from shared.bookings.model.same_person import same_person_problem
from shared.bookings.model.session import Session
from shared.bookings.reconcile.bounced_addresses import KEPT_WORKING_DAYS
from shared.bookings.reconcile.stale_saves.cancelled_rows import is_set_back
from shared.bookings.reconcile.stray_bookings import StrayBooking
from shared.local_time import days_before, moment_in_words, short
from shared.mail.log_rows import UNDELIVERED, MailLogEntry
from shared.normalised_address import normalised_address

MOST_UNPROVEN = 20
"""Bookings of unproved addresses, of any session, that are nothing to tell of."""

_TO_CHECK = "to-check"

LINK_WANTED_DAYS = 7
"""Days before the start, on London's clock, by which a session ought to have its joining link."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to hear of: `title` and `text` are for the email, `about` is what makes it this one and no other.

    `about` may hold what someone wrote, so it is stored as a keyed hash only. A text may change, as when a session
    is renamed, and it is still the same alert.
    """

    about: tuple[str, ...] = field(repr=False)
    title: str = field(repr=False)
    text: str = field(repr=False)


def to_check_first(found: Iterable[Alert]) -> list[Alert]:
    """The alerts with those first that a person waits for, and of which an attacker cannot make up many."""
    return sorted(found, key=lambda each: each.about[0] != _TO_CHECK)


def alerts(
    session: Session, roster: Roster, policy: AllocationPolicy, now: datetime, *, of_many: Collection[str] = ()
) -> list[Alert]:
    """Alerts about a session that has not started at `now` (UTC), in the order of the bookings; none of a test.

    `of_many`: normalised addresses that came back with many others, of which one alert tells.
    """
    if now >= session.starts or session.is_test:
        return []
    found = [_no_link(session)] if _lacks_link(session, now) else []
    found += [many] if (many := unproven_alert(session, roster)) else []
    for each in sorted(roster.attendees, key=lambda each: (each.booked_at, each.key)):
        if each.is_unproven or (each.never_acted and normalised_address(each.email) in of_many):
            continue  # whatever someone typed who may not be who they say
        if each.is_live:
            found += _attendee_alerts(session, each, policy)
        elif each.problem and (each.same_person or is_set_back(each)):
            found.append(_attendee_problem(session, each))
    return found


def row_problem_alert(session_id: str, words: str) -> Alert:
    """The alert about a session's row that cannot be understood; with other words it is another alert."""
    text = f"{words} Mend it in the table Sessions, in the row with RowKey {session_id}."
    return Alert(("session-problem", session_id, words), f"Problem with session {session_id}", text)


def mass_bounce_alert(mass: MassBounce) -> Alert:
    """The alert about many addresses of one domain from which emails came back within an hour."""
    text = (
        f"Emails to {len(mass.addresses)} addresses at {mass.domain} came back within an hour. Either someone made "
        "them up, or email to this domain does not work. No booking is cancelled for two working days. Before they are "
        "over each of these people is sent their email once more, and only what comes back again is cancelled. In the "
        "table Bookings write confirmed into State of everyone whom you know, and cancelled into the rest."
    )
    return Alert(("mass-bounce", mass.domain, stamp(mass.since)), "Many emails came back", text)


def unproven_alert(session: Session, roster: Roster) -> Alert | None:
    """The alert about more bookings than twice the places whose addresses nobody has proved; None for fewer."""
    number = sum(each.is_unproven for each in roster.attendees)
    if number <= max(MOST_UNPROVEN, 2 * session.capacity):
        return None
    text = (
        f"{number} bookings of this session were made with addresses that are not work addresses, and no one has "
        "pressed the button in the email about them. They hold a fifth of the places at most and are cancelled by "
        "themselves after a week. Someone may be sending the form again and again: tell the people who run the service."
    )
    return Alert(("unproven", session.id, stamp(session.starts)), f"Many bookings: {_session_label(session)}", text)


def lost_roster_alert(session: Session, number: int) -> Alert:
    """The alert about bookings that were lost with their table."""
    title = f"Bookings are missing: {_session_label(session)}"
    return Alert(("lost-roster", session.id, stamp(session.starts)), title, lost_in_words(session.id, number))


def stray_booking_alert(stray: StrayBooking) -> Alert:
    """The alert about a booking under a session that does not exist."""
    attendee = stray.attendee
    row = f"with PartitionKey {stray.session_id} and RowKey {attendee.key}"
    text = f"{stray.problem} You find it in the table Bookings, in the row {row}."
    return Alert(("stray", stray.session_id, attendee.key), f"Booking without a session: {_who(attendee)}", text)


def deleted_session_alert(session: Session, roster: Roster, since: datetime) -> Alert | None:
    """The row of a session is missing since then (UTC), or None where nobody has booked."""
    people = sum(attendee.is_live for attendee in roster.attendees)
    if not people:
        return None
    who = "1 person has booked, who is" if people == 1 else f"{people} people have booked, who are"
    text = (
        f"{who} told that it is cancelled one day after {moment_in_words(since)}, when its row was found to be "
        "missing, and at the latest two hours before the start. If that is not what you want, "
        f"add a row with RowKey {session.id} and the same date and time again before then."
    )
    return Alert(("deleted", session.id, stamp(since)), f"Row deleted: {_session_label(session)}", text)


def failed_briefing_alerts(session: Session, log: Mapping[str, MailLogEntry]) -> list[Alert]:
    """The emails about a session to those who run it that did not arrive: no roster shows them."""
    lost = [
        each for each in log.values() if each.mail_id.startswith(FACILITATOR_MAIL_PREFIX) and each.state in UNDELIVERED
    ]
    text = "Tell them yourself how many come and what they need, and have the setting FACILITATOR_EMAIL looked at."
    return [
        Alert(
            (each.mail_id, session.id, str(each.state)),
            f"Email to the facilitators {each.state}: {_session_label(session)}",
            text,
        )
        for each in sorted(lost, key=lambda each: each.mail_id)
    ]


def _attendee_alerts(session: Session, attendee: Attendee, policy: AllocationPolicy) -> list[Alert]:
    found = [_attendee_problem(session, attendee)] if attendee.problem else []
    if not session.runs:
        return found
    if attendee.is_bounced:
        return [_bounced(session, attendee, policy)]  # and nothing else that was typed by who may not be there
    if attendee.state is AttendeeState.TO_CHECK:
        found.append(_to_check(session, attendee, policy))
    if attendee.adjustments:
        found.append(_adjustments(session, attendee))
    elif attendee.needs_changed_at:
        found.append(_adjustments_withdrawn(session, attendee, attendee.needs_changed_at))
    return found


def _attendee_problem(session: Session, attendee: Attendee) -> Alert:
    # What the sentence says of the other row changes with that one, and is no news about this one.
    other = (normalised_address(attendee.email),) if attendee.same_person else ()
    problem = attendee.problem.replace(same_person_problem(attendee), "") if other else attendee.problem
    about = ("attendee-problem", session.id, attendee.key, str(attendee.generation), problem, *other)
    text = f"{attendee.problem} You find the booking in the table Bookings, {_row_location(session, attendee)}."
    return Alert(about, f"Problem with the booking of {_who(attendee)}: {_session_label(session)}", text)


def _to_check(session: Session, attendee: Attendee, policy: AllocationPolicy) -> Alert:
    # One that an administrator wrote into the row by hand is held until they decide.
    until = policy.check_deadline(session, attendee) if attendee.needs_check else None
    held = f"until {moment_in_words(until)}" if until else "until you decide"
    about = (_TO_CHECK, session.id, attendee.key, str(attendee.generation), stamp(until) if until else "")
    text = (
        f"Does this person work for your organisation? We hold a place for them {held}. In the table Bookings, "
        f"{_row_location(session, attendee)}, change State to confirmed or cancelled."
    )
    return Alert(about, f"To check: {_who(attendee)}, {_session_label(session)}", text)


def _bounced(session: Session, attendee: Attendee, policy: AllocationPolicy) -> Alert:
    """The alert about the problem that an email did not arrive, with what becomes of the booking."""
    said = _attendee_problem(session, attendee)
    kept = "We keep the place" if attendee.holds_a_place else "We keep the booking, passed over on the waiting list,"
    kept_until = policy.working_days.after(attendee.state_at or attendee.booked_at, KEPT_WORKING_DAYS)
    until = moment_in_words(kept_until)
    text = (
        f"No one has used the link in the email. {kept} until {until} at least, then it is cancelled. If you know this "
        "person, write confirmed into State, or correct Email."
    )
    return replace(said, text=f"{said.text} {text}")


def _adjustments(session: Session, attendee: Attendee) -> Alert:
    # Someone who gets a place is another matter than someone who waits for one.
    place = "has a place" if attendee.holds_a_place else "is on the waiting list"
    share = "agreed that the facilitators see this" if attendee.share_adjustments else "wants only you to see this"
    about = ("adjustments", session.id, attendee.key, str(attendee.generation), place, share, attendee.adjustments)
    # Told anew after each change, also where they are again what they were before.
    changed = (attendee.needs_changed_at.isoformat(),) if attendee.needs_changed_at else ()
    text = f"{attendee.adjustments}\n\nThis person {place} and {share}."
    title = f"Adjustments {'changed' if changed else 'asked for'}: {_who(attendee)}, {_session_label(session)}"
    return Alert((*about, *changed), title, text)


def _adjustments_withdrawn(session: Session, attendee: Attendee, changed_at: datetime) -> Alert:
    about = ("adjustments", session.id, attendee.key, str(attendee.generation), "", changed_at.isoformat())
    text = "This person had told us of something they need, and no longer asks for anything."
    return Alert(about, f"Adjustments no longer asked for: {_who(attendee)}, {_session_label(session)}", text)


def _lacks_link(session: Session, now: datetime) -> bool:
    return session.runs and not session.join_url and now >= days_before(session.starts, LINK_WANTED_DAYS)


def _no_link(session: Session) -> Alert:
    text = (
        "No one can join yet. Write the joining link into JoinUrl in the table Sessions, "
        f"in the row with RowKey {session.id}, and everyone with a place is sent it."
    )
    return Alert(("no-link", session.id, stamp(session.starts)), f"No joining link: {_session_label(session)}", text)


def _who(attendee: Attendee) -> str:
    return f"{attendee.name or 'no name'} ({attendee.reference or 'no reference'})"


def _session_label(session: Session) -> str:
    return f"{short(session.starts)}, session {session.id}"


def _row_location(session: Session, attendee: Attendee) -> str:
    named = attendee.reference and not attendee.same_person  # two rows of one person have one reference
    by = f"Reference {attendee.reference}" if named else f"RowKey {attendee.key}"
    return f"in the row with PartitionKey {session.id} and {by}"
