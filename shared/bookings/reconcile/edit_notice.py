"""The cell `Notice`: how many people will be emailed about an edit, when, and what they will be told."""

from datetime import datetime

from shared.bookings.model.announcement_rules import details_for, is_news, told_at
from shared.bookings.model.attendee import Attendee, Roster, can_be_mailed
from shared.bookings.model.session import AnnouncedDetails, Change, changes
from shared.local_time import clock_time, span_in_words
from shared.wording.sentences import sentence


def recipients(roster: Roster, after: AnnouncedDetails, before: AnnouncedDetails) -> list[Attendee]:
    """The attendees who will be emailed about a change from `before` to `after`."""
    told = (each for each in roster.attendees if each.is_live and not each.is_unproven and not each.is_bounced)
    live = (each for each in told if can_be_mailed(each.email))
    return [each for each in live if is_news(each, after, before)]


def edit_notice(
    roster: Roster, after: AnnouncedDetails, before: AnnouncedDetails, since: datetime, *, held: bool = False
) -> str:
    """The text of the cell for an edit first seen at `since` (UTC), with the time in London at which it is told.

    Empty if the session is over by then: nobody is emailed about it any more. `held`: it is told once emails are not
    held any longer.
    """
    people, at = recipients(roster, after, before), told_at(after, before, since)
    if at >= before.ends:
        return ""
    words = "; ".join(_changes(people, after, before))
    if held:
        return sentence("portal.session.notice-held", people=_people(len(people)), changes=words)
    return sentence("portal.session.notice", people=_people(len(people)), time=clock_time(at), changes=words)


def _changes(people: list[Attendee], after: AnnouncedDetails, before: AnnouncedDetails) -> list[str]:
    """Changes in words, with the number of those who are told of one where that is not everyone."""
    told = [changes(details_for(each, before), details_for(each, after)) for each in people]
    words, found = _words(after), changes(before, after)
    counts = {change: sum(change in each for each in told) for change in found}
    return [words[each] if counts[each] == len(people) else _to_some(words[each], counts[each]) for each in found]


def _words(after: AnnouncedDetails) -> dict[Change, str]:
    """A few words about each change, as the administrators read them; `updated.jinja` has those for attendees."""
    when, ends = span_in_words(after.starts, after.ends), clock_time(after.ends)
    return {
        Change.CALLED_OFF: sentence("portal.session.changes.cancelled"),
        Change.TAKES_PLACE: sentence("portal.session.changes.not-cancelled"),
        Change.MOVED: sentence("portal.session.changes.moved", when=when),
        Change.ENDS: sentence("portal.session.changes.end", time=ends),
        Change.LINK_GIVEN: sentence("portal.session.changes.link"),
        Change.LINK_CHANGED: sentence("portal.session.changes.link-changed"),
        Change.LINK_GONE: sentence("portal.session.changes.link-invalid"),
        Change.THEME: sentence("portal.session.changes.theme", theme=after.theme),
        Change.NO_THEME: sentence("portal.session.changes.no-theme"),
        Change.PLACE: sentence("portal.session.changes.place", place=after.place),
        Change.NO_PLACE: sentence("portal.session.changes.no-place"),
        Change.NOTE: sentence("portal.session.changes.note", note=after.note),
        Change.NO_NOTE: sentence("portal.session.changes.no-note"),
    }


def _to_some(change: str, number: int) -> str:
    if number == 1:
        return sentence("portal.session.notice-to-one", change=change)
    return sentence("portal.session.notice-to-some", change=change, number=number)


def _people(number: int) -> str:
    return sentence("portal.person") if number == 1 else sentence("portal.people", number=number)
