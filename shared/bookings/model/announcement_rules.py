"""Rules for announcing an administrator's edit to attendees: what is told, to whom, and when. No clock, no storage."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.bookings.model.attendee import Attendee, AttendeeState
from shared.bookings.model.session import AnnouncedDetails, Session

SETTLING_TIME = timedelta(minutes=15)
"""The time for which an edit has to stand unchanged: people type one cell at a time, and correct what they mistyped."""

URGENT_WITHIN = timedelta(hours=2)
"""This close to the old or the new start attendees are told on the next run when, how or if they can join."""


def is_start_too_late(written: AnnouncedDetails, known: AnnouncedDetails, now: datetime) -> bool:
    """True if a new start is not announced any more: either it has passed, or the start that attendees know has."""
    return written.starts != known.starts and now >= min(written.starts, known.starts)


def announceable(written: AnnouncedDetails, known: AnnouncedDetails, now: datetime) -> AnnouncedDetails:
    """The part of an edit that attendees may be told at `now` (UTC), as details that differ from `known` by it."""
    if not is_start_too_late(written, known, now):
        return written
    if known.called_off and not written.called_off:
        return known  # that it takes place after all would be told with a start that is not meant
    return replace(written, starts=known.starts)


def told_at(after: AnnouncedDetails, before: AnnouncedDetails, since: datetime) -> datetime:
    """The moment from which an edit first seen at `since` (UTC) is told: once it has settled, or once it is urgent."""
    settled = since + SETTLING_TIME
    if replace(after, minutes=before.minutes, theme=before.theme) == before:
        return settled  # nothing that anyone needs to come or to join
    return max(since, min(settled, min(after.starts, before.starts) - URGENT_WITHIN))


def details_for(attendee: Attendee, details: AnnouncedDetails) -> AnnouncedDetails:
    """The details as this attendee is told them: link and note are only for those whose place is confirmed."""
    return details if attendee.state is AttendeeState.CONFIRMED else replace(details, join_url="", note="")


def is_news(attendee: Attendee, after: AnnouncedDetails, before: AnnouncedDetails) -> bool:
    """True if this attendee, who was told `before`, has to be told `after`."""
    if after.called_off:
        return not before.called_off
    return details_for(attendee, after) != details_for(attendee, before)


def awaits_new_time(session: Session, now: datetime) -> bool:
    """True while an administrator's edit of the start, or of being called off, is still to be told to attendees."""
    if session.typed is None:
        return False
    next_told = announceable(session.typed, session.details, now)
    return (next_told.starts, next_told.called_off) != (session.starts, session.details.called_off)


def is_change_urgent(session: Session, now: datetime) -> bool:
    """True if the last change of the session is told within two hours of its start before or after the change."""
    return any(abs(told.starts - now) <= URGENT_WITHIN for told in session.history[-2:])
