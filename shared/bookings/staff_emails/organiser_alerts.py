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
from shared.wording.sentences import sentence

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
    title = sentence("organiser.session-problem.title", session=session_id)
    text = sentence("organiser.session-problem.text", problem=words, session=session_id)
    return Alert(("session-problem", session_id, words), title, text)


def mass_bounce_alert(mass: MassBounce) -> Alert:
    """The alert about many addresses of one domain from which emails came back within an hour."""
    title = sentence("organiser.mass-bounce.title")
    text = sentence("organiser.mass-bounce.text", number=len(mass.addresses), domain=mass.domain)
    return Alert(("mass-bounce", mass.domain, stamp(mass.since)), title, text)


def unproven_alert(session: Session, roster: Roster) -> Alert | None:
    """The alert about more bookings than twice the places whose addresses nobody has proved; None for fewer."""
    number = sum(each.is_unproven for each in roster.attendees)
    if number <= max(MOST_UNPROVEN, 2 * session.capacity):
        return None
    title = sentence("organiser.unproven.title", session=_session_label(session))
    text = sentence("organiser.unproven.text", number=number)
    return Alert(("unproven", session.id, stamp(session.starts)), title, text)


def lost_roster_alert(session: Session, number: int) -> Alert:
    """The alert about bookings that were lost with their table."""
    title = sentence("organiser.lost-roster.title", session=_session_label(session))
    return Alert(("lost-roster", session.id, stamp(session.starts)), title, lost_in_words(session.id, number))


def stray_booking_alert(stray: StrayBooking) -> Alert:
    """The alert about a booking under a session that does not exist."""
    attendee = stray.attendee
    title = sentence("organiser.stray.title", person=_who(attendee))
    text = sentence("organiser.stray.text", problem=stray.problem, session=stray.session_id, key=attendee.key)
    return Alert(("stray", stray.session_id, attendee.key), title, text)


def deleted_session_alert(session: Session, roster: Roster, since: datetime) -> Alert | None:
    """The row of a session is missing since then (UTC), or None where nobody has booked."""
    people = sum(attendee.is_live for attendee in roster.attendees)
    if not people:
        return None
    since_when = moment_in_words(since)
    one = sentence("organiser.deleted.text-of-one", since=since_when, session=session.id)
    many = sentence("organiser.deleted.text", number=people, since=since_when, session=session.id)
    title = sentence("organiser.deleted.title", session=_session_label(session))
    return Alert(("deleted", session.id, stamp(since)), title, one if people == 1 else many)


def failed_briefing_alerts(session: Session, log: Mapping[str, MailLogEntry]) -> list[Alert]:
    """The emails about a session to those who run it that did not arrive: no roster shows them."""
    lost = [
        each for each in log.values() if each.mail_id.startswith(FACILITATOR_MAIL_PREFIX) and each.state in UNDELIVERED
    ]
    text, session_label = sentence("organiser.briefing.text"), _session_label(session)
    return [
        Alert(
            (each.mail_id, session.id, str(each.state)),
            sentence("organiser.briefing.title", state=each.state, session=session_label),
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
    title = sentence("organiser.booking-problem.title", person=_who(attendee), session=_session_label(session))
    where = _row_location(session, attendee)
    return Alert(about, title, sentence("organiser.booking-problem.text", problem=attendee.problem, where=where))


def _to_check(session: Session, attendee: Attendee, policy: AllocationPolicy) -> Alert:
    # One that an administrator wrote into the row by hand is held until they decide.
    until = policy.check_deadline(session, attendee) if attendee.needs_check else None
    about = (_TO_CHECK, session.id, attendee.key, str(attendee.generation), stamp(until) if until else "")
    where = _row_location(session, attendee)
    undecided = sentence("organiser.to-check.text-undecided", where=where)
    text = sentence("organiser.to-check.text", until=moment_in_words(until), where=where) if until else undecided
    title = sentence("organiser.to-check.title", person=_who(attendee), session=_session_label(session))
    return Alert(about, title, text)


def _bounced(session: Session, attendee: Attendee, policy: AllocationPolicy) -> Alert:
    """The alert about the problem that an email did not arrive, with what becomes of the booking."""
    said = _attendee_problem(session, attendee)
    kept_until = policy.working_days.after(attendee.state_at or attendee.booked_at, KEPT_WORKING_DAYS)
    until = moment_in_words(kept_until)
    waits = sentence("organiser.bounced.text-waiting", until=until)
    text = sentence("organiser.bounced.text", until=until) if attendee.holds_a_place else waits
    return replace(said, text=f"{said.text} {text}")


def _adjustments(session: Session, attendee: Attendee) -> Alert:
    # Someone who gets a place is another matter than someone who waits for one.
    place = sentence("organiser.needs.place") if attendee.holds_a_place else sentence("organiser.needs.waiting")
    private = sentence("organiser.needs.private")
    share = sentence("organiser.needs.shared") if attendee.share_adjustments else private
    about = ("adjustments", session.id, attendee.key, str(attendee.generation), place, share, attendee.adjustments)
    # Told anew after each change, also where they are again what they were before.
    changed = (attendee.needs_changed_at.isoformat(),) if attendee.needs_changed_at else ()
    text = f"{attendee.adjustments}\n\n{sentence('organiser.needs.text', place=place, share=share)}"
    who, session_label = _who(attendee), _session_label(session)
    changed_title = sentence("organiser.needs.title-changed", person=who, session=session_label)
    title = changed_title if changed else sentence("organiser.needs.title", person=who, session=session_label)
    return Alert((*about, *changed), title, text)


def _adjustments_withdrawn(session: Session, attendee: Attendee, changed_at: datetime) -> Alert:
    about = ("adjustments", session.id, attendee.key, str(attendee.generation), "", changed_at.isoformat())
    title = sentence("organiser.needs.title-withdrawn", person=_who(attendee), session=_session_label(session))
    return Alert(about, title, sentence("organiser.needs.text-withdrawn"))


def _lacks_link(session: Session, now: datetime) -> bool:
    return session.runs and session.awaits_link and now >= days_before(session.starts, LINK_WANTED_DAYS)


def _no_link(session: Session) -> Alert:
    title = sentence("organiser.no-link.title", session=_session_label(session))
    text = sentence("organiser.no-link.text", session=session.id)
    return Alert(("no-link", session.id, stamp(session.starts)), title, text)


def _who(attendee: Attendee) -> str:
    name, reference = attendee.name or sentence("portal.no-name"), attendee.reference
    return f"{name} ({reference or sentence('organiser.no-reference')})"


def _session_label(session: Session) -> str:
    return sentence("organiser.session", when=short(session.starts), session=session.id)


def _row_location(session: Session, attendee: Attendee) -> str:
    named = attendee.reference and not attendee.same_person  # two rows of one person have one reference
    if named:
        return sentence("organiser.row-by-reference", session=session.id, reference=attendee.reference)
    return sentence("organiser.row-by-key", session=session.id, key=attendee.key)
