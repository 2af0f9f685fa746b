"""Every page on which several sessions are booked, in every state; and the sessions of all examples."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from functions.bookings.draft import SEVERAL_SESSIONS, Draft
from functions.bookings.several.session_line import SessionLine
from functions.forms.validation import FieldError
from functions.problems.error_table import PROBLEMS
from functions.problems.problem_details import Problem
from shared.bookings.emails.web_calendars import WebCalendarLinks
from shared.bookings.model.errors import BookingsBusyError, SessionFullError, SessionPastError, SessionUnknownError
from shared.bookings.places.request import BookingRequest
from shared.content.content import Content

type Facts = dict[str, Any] | Callable[[Content], dict[str, Any]]


@dataclass(frozen=True)
class View:
    """A session as the blueprint hands it over."""

    id: str = "2023-09-08-1500"
    title: str = "Circle"
    theme: str = ""
    description: str = ""
    facilitator: str = ""
    programme: str = ""
    place: str = "Online"
    has_own_place: bool = False
    also_online: bool = False
    when: str = "Friday 8 September 2023, 3pm to 4:15pm"
    places_left: int = 12
    waiting_list: bool = True
    joins_waiting_list: bool = False
    can_be_chosen: bool = True


def errors_in(model: type[BaseModel]) -> list[FieldError]:
    return [FieldError(name, f"Mend {name}") for name in model.model_fields]


FULL, ONE_LEFT = (
    View(id="full", when="Tuesday", places_left=0, joins_waiting_list=True),
    View(id="a/b c&d?", theme="Voices", places_left=1, description="To be heard", facilitator="Ada Example"),
)
IN_A_ROOM = View(id="room", place="Room 4", has_own_place=True, also_online=True)
SESSIONS = [View(), ONE_LEFT, FULL, IN_A_ROOM]
ANSWERED: dict[str, Any] = {
    "session_id": "2023-09-08-1500",
    "full_name": "Zoë Okafor",
    "email": "zoe@home.example",
    "works_here": "yes",
    "adjustments": "Captions",
    "group_agreement": "yes",
}

EMPTY = Draft({}, "s" * 20, "t" * 20, SEVERAL_SESSIONS)
CHOSEN = Draft(
    ANSWERED | {"session_id": [each.id for each in SESSIONS], "waits_for": [FULL.id], "asked_to_wait": []},
    "s" * 20,
    "t" * 20,
    SEVERAL_SESSIONS,
)
CHOOSING: dict[str, Any] = {"draft": EMPTY, "sessions": SESSIONS, "gone": False, "most": 5}
DETAILS: dict[str, Any] = {"draft": CHOSEN, "values": CHOSEN.values, "chosen": SESSIONS, "opened": False}
DETAILS |= {"asks_adjustments": True, "shares_names": False, "marks_attendance": False}
CHECKING: dict[str, Any] = {"draft": CHOSEN, "answers": BookingRequest.model_validate(ANSWERED), "chosen": SESSIONS}
CHECKING |= {"asks_adjustments": True}
PLACE, HELD, WAITING = (
    SessionLine(view.id, view, state, reference)  # type: ignore[arg-type]  # an example of one
    for view, state, reference in zip(
        SESSIONS[:3], ("confirmed", "to-check", "waiting"), ("7K2M4P", "3C4D6F", "9GHJKM"), strict=True
    )
)
IS_FULL = SessionLine(FULL.id, FULL, problem=PROBLEMS[SessionFullError], may_wait=True)  # type: ignore[arg-type]  # see above
BUSY = SessionLine("x", ONE_LEFT, problem=PROBLEMS[BookingsBusyError], may_repeat=True)  # type: ignore[arg-type]  # see above
PAST, GONE = (SessionLine("y", None, problem=PROBLEMS[each]) for each in (SessionPastError, SessionUnknownError))
LINKS = WebCalendarLinks("https://outlook.example/a?b=1&c=2", "https://google.example/a?b=1&c=2")
BOOKED: dict[str, Any] = {"calendars": [(View().when, LINKS), (ONE_LEFT.when, LINKS)], "most_emails": 3}
BOOKED |= {"address": "z***@example.nhs.uk", "sender": "sessions@example.nhs.uk"}


def told(*lines: SessionLine, **facts: Any) -> Facts:
    """The facts of a page that lists these sessions, with each problem in the words of the content."""

    def made(content: Content) -> dict[str, Any]:
        shown = [replace(each, problem=_in_words(each.problem, content)) for each in lines]
        states = [each.state for each in lines if each.state]
        ways = {
            "to_ask": [each for each in shown if each.may_wait],
            "to_repeat": [each for each in shown if each.may_repeat],
        }
        said = {"draft": CHOSEN, "correlation": "", "unproven": any(each.unproven for each in lines)}
        return said | ways | {"lines": shown, "states": states, "booked": len(states)} | facts

    return made


def _in_words(problem: Problem | None, content: Content) -> Problem | None:
    return problem and problem.for_organisation(content.organisation.name, content.translate)


SEVERAL: dict[str, tuple[str, Facts]] = {
    "choose several": ("bookings/several/sessions.html", CHOOSING),
    "choose several, changed": ("bookings/several/sessions.html", CHOOSING | {"draft": CHOSEN}),
    "choose several, gone": ("bookings/several/sessions.html", CHOOSING | {"draft": CHOSEN, "gone": True}),
    "choose several, none left": ("bookings/several/sessions.html", CHOOSING | {"sessions": [], "gone": True}),
    "choose several with errors": (
        "bookings/several/sessions.html",
        CHOOSING | {"draft": CHOSEN, "errors": [FieldError("session_id", "Mend session_id")]},
    ),
    "several": ("bookings/several/details.html", DETAILS),
    "several with errors": ("bookings/several/details.html", DETAILS | {"errors": errors_in(BookingRequest)}),
    "several, where you work": ("bookings/work.html", {"draft": CHOSEN}),
    "several, check": ("bookings/several/check.html", CHECKING),
    "several, check with errors": (
        "bookings/several/check.html",
        CHECKING | {"errors": [FieldError("", "Check and send again")]},
    ),
    "several, full meanwhile": ("bookings/several/unfinished.html", told(PLACE, IS_FULL, GONE)),
    "several, busy": ("bookings/several/unfinished.html", told(PLACE, BUSY, correlation="ab12cd34")),
    "several, full and busy": ("bookings/several/unfinished.html", told(IS_FULL, BUSY)),
    "several, none booked": ("bookings/several/unfinished.html", told(PAST, GONE)),
    "several booked": ("bookings/several/booked.html", told(PLACE, replace(HELD, state="confirmed"), **BOOKED)),
    "several booked, in every state": (
        "bookings/several/booked.html",
        told(PLACE, HELD, WAITING, replace(PLACE, id="5", reference="DFGHJK"), GONE, **BOOKED),
    ),
    "several booked, to confirm": (
        "bookings/several/booked.html",
        told(*(replace(each, unproven=True) for each in (HELD, WAITING)), **BOOKED | {"calendars": []}),
    ),
}
