"""The cell `Notice`: how many people will be emailed about an edit, when, and what they will be told."""

from datetime import datetime

from shared.bookings.model.announcement_rules import details_for, is_news, told_at
from shared.bookings.model.attendee import Attendee, Roster, can_be_mailed
from shared.bookings.model.session import AnnouncedDetails, Change, changes
from shared.local_time import clock_time, span_in_words


def recipients(roster: Roster, after: AnnouncedDetails, before: AnnouncedDetails) -> list[Attendee]:
    """The attendees who will be emailed about a change from `before` to `after`."""
    told = (each for each in roster.attendees if each.is_live and not each.is_unproven and not each.is_bounced)
    live = (each for each in told if can_be_mailed(each.email))
    return [each for each in live if is_news(each, after, before)]


def edit_notice(roster: Roster, after: AnnouncedDetails, before: AnnouncedDetails, since: datetime) -> str:
    """The text of the cell for an edit first seen at `since` (UTC), with the time in London at which it is told.

    Empty if the session is over by then: nobody is emailed about it any more.
    """
    people, at = recipients(roster, after, before), told_at(after, before, since)
    if at >= before.ends:
        return ""
    return f"{_people(len(people))} will be emailed at {clock_time(at)}: {'; '.join(_changes(people, after, before))}"


def _changes(people: list[Attendee], after: AnnouncedDetails, before: AnnouncedDetails) -> list[str]:
    """Changes in words, with the number of those who are told of one where that is not everyone."""
    told = [changes(details_for(each, before), details_for(each, after)) for each in people]
    words, found = _words(after), changes(before, after)
    counts = {change: sum(change in each for each in told) for change in found}
    return [words[each] + ("" if counts[each] == len(people) else f" ({_only(counts[each])})") for each in found]


def _words(after: AnnouncedDetails) -> dict[Change, str]:
    """A few words about each change, as the administrators read them; `updated.jinja` has those for attendees."""
    return {
        Change.CALLED_OFF: "the session is cancelled",
        Change.TAKES_PLACE: "the session takes place after all",
        Change.MOVED: f"the session moves to {span_in_words(after.starts, after.ends)}",
        Change.ENDS: f"the session now ends at {clock_time(after.ends)}",
        Change.LINK_GIVEN: "here is the joining link",
        Change.LINK_CHANGED: "the joining link has changed",
        Change.LINK_GONE: "the joining link is no longer valid, a new one will follow",
        Change.THEME: f"the theme is now {after.theme}",
        Change.NO_THEME: "there is no theme any more",
    }


def _only(number: int) -> str:
    return f"only {number} of them {'is' if number == 1 else 'are'} told this"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"
