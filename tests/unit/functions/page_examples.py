"""Every page in every state, as a template with its variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from functions.bookings.booking_view import BookingView
from functions.bookings.draft import Draft
from functions.forms.availability import BookingsClosedError, OneToOneClosedError
from functions.forms.tokens import NOT_YET
from functions.forms.validation import FieldError
from functions.problems.error_table import PROBLEMS
from functions.problems.http_errors import PageNotFoundError
from functions.problems.problem_details import UNEXPECTED
from functions.provider.view import ProviderView
from functions.provider.waiting_view import WaitingView
from functions.referrals.to_print import asked_pages
from functions.site.downloads import Offer
from functions.web import render
from shared.bookings.emails.web_calendars import WebCalendarLinks
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import BookingsBusyError, NotForOutsidersError, SessionFullError
from shared.bookings.model.session import SessionState
from shared.bookings.places.request import BookingRequest
from shared.bookings.self_service.details import DetailsRequest
from shared.config.settings import Support
from shared.content.content import Content, TimeAwayNote
from shared.content.content_models import Article, Link, Section
from shared.content.language_pages import LanguagePage
from shared.referrals.errors import ReferralLinkError
from shared.referrals.model import Progress, ReferralState
from tests import builders
from tests.builders import MORNING
from tests.unit.functions.bookings.fake_self_service import TOKEN, booking
from tests.unit.functions.html_page import Page
from tests.unit.functions.referrals.page_examples import OWN_FORM, REFERRAL, Facts


@dataclass(frozen=True)
class View:
    """A session as the blueprint hands it over."""

    id: str = "2023-09-08-1500"
    title: str = "Circle"
    theme: str = ""
    description: str = ""
    facilitator: str = ""
    place: str = "Online"
    has_own_place: bool = False
    also_online: bool = False
    when: str = "Friday 8 September 2023, 3pm to 4:15pm"
    places_left: int = 12
    waiting_list: bool = True
    joins_waiting_list: bool = False


def errors_in(model: type[BaseModel]) -> list[FieldError]:
    return [FieldError(name, f"Mend {name}") for name in model.model_fields]


FULL, ONE_LEFT = (
    View(id="full", when="Tuesday", places_left=0, joins_waiting_list=True),
    View(
        id="a/b c&d?",
        theme="Voices",
        places_left=1,
        description="To be heard",
        facilitator="Ada Example",
        place="Room 4",
        has_own_place=True,
        also_online=True,
    ),
)
SESSIONS = [View(), ONE_LEFT, FULL]
ANSWERED: dict[str, Any] = {
    "session_id": "2023-09-08-1500",
    "full_name": "Zoë Okafor",
    "email": "zoe@home.example",
    "works_for_trust": "yes",
    "adjustments": "Captions",
    "group_agreement": "yes",
}
EMPTY, COMPLETE = (Draft(each, "s" * 20, "t" * 20) for each in ({}, ANSWERED))
CHOOSING = {"draft": EMPTY, "sessions": SESSIONS, "gone": False}
DETAILS = {
    "draft": EMPTY,
    "values": {},
    "chosen": View(),
    "opened": True,
    "asks_adjustments": True,
    "shares_names": False,
}
CHECKING = {
    "draft": COMPLETE,
    "answers": BookingRequest.model_validate(ANSWERED),
    "chosen": View(),
    "asks_adjustments": True,
}
REFUSED = {"draft": COMPLETE, "may_wait": False, "may_repeat": False, "may_change": False, "correlation": ""}


def own_booking(session: dict[str, Any] | None = None, **attendee: Any) -> BookingView:
    """The booking that a link opens; its session has a theme and a place, as one without has those of the copy."""
    known = booking(session={"theme": "Voices", "place": "Room 4", "note": "Ring twice"} | (session or {}), **attendee)
    return BookingView.of(TOKEN, known, builders.content(), MORNING)


SECTION = Section(heading="One", text=("Two",), items=("Three",), then=("Four",), links=(Link(text="5", url="/5"),))
ARTICLE = Article(title="Reading", lede="To read.", sections=(SECTION, Section(heading="Last")))
SPOKEN = ARTICLE.model_copy(update={"title": "Speaking"})
OFFERS = [
    Offer("Leaflet", "To keep.", "https://other.example/leaflet"),
    Offer("Form", "", "/resources/files/f.pdf", "PDF, 2KB"),
    Offer("Video", "To watch.", "https://other.example/videos", elsewhere="Other place"),
]


def forwarded_referral(state: ReferralState = ReferralState.SENT, **facts: Any) -> ProviderView:
    referral = builders.referral(state=state, sent_on="2023-09-02", delivery="inline", **facts)
    return ProviderView.of(referral, builders.content())


KEPT_BEFORE = forwarded_referral(ReferralState.ACKNOWLEDGED, acknowledged_on="2023-09-04", kept=1)
KEPT_AGAIN = forwarded_referral(ReferralState.ATTENTION, last_error="kept-again", kept=2)
IN_DOUBT = forwarded_referral(ReferralState.ATTENTION, last_error="bounced", acknowledged_on="2023-09-04")


ASKED = {
    "typed": "",
    "reference": "34679CDF",
    "progress": "",
    "is_kept": False,
    "grace_weekdays": 3,
    "status_days": 90,
} | dict.fromkeys(("deleted_on", "deleted_from"), "")
SITE = {"site": "https://support.example"}
OPENED = SITE | {
    "referral": forwarded_referral(),
    "address": "/collect/t",
    "form_token": "1.t",
    "proof": "1-p",
    "answers": [("Name", "Zoë\nand more")],
    "grace_weekdays": 3,
    "done": "",
    "session": "34679CDF.1-s",
    "waiting": WaitingView((), 0),
    "opened_before": "",
}
WAITING = WaitingView((forwarded_referral(), forwarded_referral(opened_on="2023-09-04")), 0)
SET_ASIDE = {"acknowledged_on": "2023-09-04", "opened_on": "2023-09-04", "last_error": "not-genuine"}
ASIDE = forwarded_referral(ReferralState.ACKNOWLEDGED, **SET_ASIDE)
EXPIRED = SITE | {
    "referral": forwarded_referral(),
    "address": "/collect/t",
    "form_token": "1.t",
    "link_days": 60,
    "done": "",
}
ACKNOWLEDGING = SITE | {
    "referral": forwarded_referral(),
    "address": "/acknowledge/t",
    "form_token": "1.t",
    "is_early": False,
    "done": "",
}
WORD = {"word_address": "/collect/t/word", "word_token": "1.t", "word": None, "weeks": (2, 8)}
CONFIRMED = (
    SITE
    | WORD
    | {
        "referral": forwarded_referral(ReferralState.ACKNOWLEDGED, acknowledged_on="2023-09-04"),
        "keep_address": "/acknowledge/t",
        "keep_token": "1.t",
        "grace_weekdays": 3,
        "done": "",
    }
)
GONE = (
    SITE
    | WORD
    | {
        "done": "",
        "referral": forwarded_referral(ReferralState.ERASED, acknowledged_on="2023-09-04", erased_on="2023-09-04"),
    }
)
BOOKED = {
    "booking": own_booking(),
    "news": "",
    "asks_adjustments": True,
    "reminders_token": "1.t",
    "prove_token": "1.t",
}
CHANGING = {
    "booking": own_booking(),
    "values": ANSWERED,
    "asks_adjustments": True,
    "shares_names": False,
    "form_token": "1.t",
}
MOVING = {"booking": own_booking(), "sessions": SESSIONS, "chosen": "", "form_token": "1.t"}
CANCELLING = {"booking": own_booking(), "form_token": "1.t"}


OUTCOME = {
    "reference": "7K2M4P",
    "session": View(),
    "unproven": False,
    "address": "z***@example.nhs.uk",
    "sender": "sessions@example.nhs.uk",
    "calendars": WebCalendarLinks("https://outlook.example/a?b=1&c=2", "https://google.example/a?b=1&c=2"),
}

PAGES: dict[str, tuple[str, Facts]] = {
    "start": ("start.html", {"closed": frozenset(), "shares_names": True}),
    "start, all closed": ("start.html", {"closed": frozenset(Support), "shares_names": False}),
    "who sees what": ("info/who-sees.html", {"asks_adjustments": True, "shares_names": False}),
    "help now": ("info/help-now.html", {}),
    "resources": ("info/resources.html", {"offers": OFFERS}),
    "prompts": ("info/prompts.html", {"article": ARTICLE.model_copy(update={"title": "Prompts"})}),
    "privacy": (
        "info/privacy.html",
        {
            "article": ARTICLE.model_copy(update={"title": "Privacy"}),
            "kept_days": 90,
            "grace_weekdays": 3,
            "unconfirmed_days": 30,
            "notice_days": 30,
            "status_days": 90,
        },
    ),
    "in your language": (
        "info/language.html",
        {"language": LanguagePage(name="Reading", page=SPOKEN), "mainLang": "en"},
    ),
    "an article": ("info/article.html", {"article": ARTICLE}),
    "bookings closed": ("info/closed.html", {"problem": PROBLEMS[BookingsClosedError]}),
    "one-to-one closed": ("info/closed.html", {"problem": PROBLEMS[OneToOneClosedError]}),
    "not found": ("problem.html", {"problem": PROBLEMS[PageNotFoundError]}),
    "sessions": ("bookings/sessions.html", {"sessions": SESSIONS}),
    "no sessions": ("bookings/sessions.html", {"sessions": []}),
    "choose a session": ("bookings/session.html", CHOOSING),
    "choose another session": ("bookings/session.html", CHOOSING | {"draft": COMPLETE}),
    "choose another session, gone": ("bookings/session.html", CHOOSING | {"draft": COMPLETE, "gone": True}),
    "choose a session, none left": ("bookings/session.html", CHOOSING | {"sessions": [], "gone": True}),
    "choose a session with errors": (
        "bookings/session.html",
        CHOOSING | {"errors": [FieldError("session_id", "Mend session_id")]},
    ),
    "booking": ("bookings/details.html", DETAILS),
    "booking, changed": ("bookings/details.html", DETAILS | {"draft": COMPLETE, "values": ANSWERED, "opened": False}),
    "booking with errors": ("bookings/details.html", DETAILS | {"errors": errors_in(BookingRequest), "opened": False}),
    "booking when it is full": ("bookings/details.html", DETAILS | {"chosen": FULL}),
    "where you work": ("bookings/work.html", {"draft": COMPLETE}),
    "where you work with errors": (
        "bookings/work.html",
        {"draft": COMPLETE, "errors": [FieldError("works_for_trust", "Mend works_for_trust")]},
    ),
    "check": ("bookings/check.html", CHECKING),
    "check when it is full": ("bookings/check.html", CHECKING | {"chosen": FULL}),
    "check with errors": ("bookings/check.html", CHECKING | {"errors": [FieldError("", "Check and send again")]}),
    "full meanwhile": ("bookings/not-booked.html", REFUSED | {"problem": PROBLEMS[SessionFullError], "may_wait": True}),
    "not for outsiders": (
        "bookings/not-booked.html",
        REFUSED | {"problem": PROBLEMS[NotForOutsidersError], "may_change": True},
    ),
    "busy": (
        "bookings/not-booked.html",
        REFUSED | {"problem": PROBLEMS[BookingsBusyError], "may_repeat": True, "correlation": "ab12cd34"},
    ),
    "cancelled and sent again": ("bookings/cancelled.html", {"draft": COMPLETE, "heading": "You cancelled it"}),
    "booked": ("bookings/confirmed.html", OUTCOME | {"state": "confirmed"}),
    "held": ("bookings/confirmed.html", OUTCOME | {"state": "to-check"}),
    "waiting": ("bookings/confirmed.html", OUTCOME | {"state": "waiting"}),
    "held, to confirm": ("bookings/confirmed.html", OUTCOME | {"state": "to-check", "unproven": True}),
    "waiting, to confirm": ("bookings/confirmed.html", OUTCOME | {"state": "waiting", "unproven": True}),
    **REFERRAL,
    **OWN_FORM,
    "own booking": ("manage/booking.html", BOOKED),
    "own booking, changed": ("manage/booking.html", BOOKED | {"news": "You have moved to this session"}),
    "own booking with errors": ("manage/booking.html", BOOKED | {"errors": [NOT_YET]}),
    "own booking, waiting": ("manage/booking.html", BOOKED | {"booking": own_booking(state=AttendeeState.WAITING)}),
    "own booking, to check": ("manage/booking.html", BOOKED | {"booking": own_booking(state=AttendeeState.TO_CHECK)}),
    "own booking, to confirm": (
        "manage/booking.html",
        BOOKED | {"booking": own_booking(state=AttendeeState.TO_CHECK, needs_check=True, never_acted=True)},
    ),
    "own booking, waiting to confirm": (
        "manage/booking.html",
        BOOKED | {"booking": own_booking(state=AttendeeState.WAITING, needs_check=True, never_acted=True)},
    ),
    "own booking, cancelled": ("manage/booking.html", BOOKED | {"booking": own_booking(state=AttendeeState.CANCELLED)}),
    "own booking, called off": (
        "manage/booking.html",
        BOOKED | {"booking": own_booking(session={"state": SessionState.CANCELLED})},
    ),
    "own booking, set back": (
        "manage/booking.html",
        BOOKED | {"booking": own_booking(state=AttendeeState.WAITING, generation=2), "asks_adjustments": False},
    ),
    "change details": ("manage/details.html", CHANGING),
    "change details with errors": ("manage/details.html", CHANGING | {"errors": errors_in(DetailsRequest)}),
    "change details without needs": ("manage/details.html", CHANGING | {"asks_adjustments": False}),
    "cancel": ("manage/cancel.html", CANCELLING),
    "cancel with errors": ("manage/cancel.html", CANCELLING | {"errors": [NOT_YET]}),
    "leave the waiting list": (
        "manage/cancel.html",
        CANCELLING | {"booking": own_booking(state=AttendeeState.WAITING)},
    ),
    "move": ("manage/move.html", MOVING),
    "move with errors": ("manage/move.html", MOVING | {"errors": [FieldError("session_id", "Mend session_id")]}),
    "move too early": ("manage/move.html", MOVING | {"errors": [NOT_YET], "chosen": "2023-09-08-1500"}),
    "not moved": ("manage/not-moved.html", {"booking": own_booking(), "problem": PROBLEMS[SessionFullError]}),
    "question list": (
        "referrals/question-list.html",
        lambda content: {"pages": list(asked_pages(content))},
    ),
    "time away note": ("referrals/time-away-note.html", {"note": TimeAwayNote(title="Away", text=("An hour.",))}),
    "status": ("referrals/status.html", ASKED),
    **{f"status {each}": ("referrals/status.html", ASKED | {"progress": each}) for each in Progress},
    "status confirmed and kept": ("referrals/status.html", ASKED | {"progress": Progress.CONFIRMED, "is_kept": True}),
    "status with a day of deletion": (
        "referrals/status.html",
        ASKED | {"progress": Progress.CONTACT, "is_kept": True, "deleted_on": "Thursday 30 November 2023"},
    ),
    "status with a first day of deletion": (
        "referrals/status.html",
        ASKED
        | {"progress": Progress.WAITING_FOR_CONFIRMATION, "is_kept": True, "deleted_from": "Monday 4 September 2023"},
    ),
    "status with errors": ("referrals/status.html", ASKED | {"errors": [FieldError("reference", "Mend reference")]}),
    "provider, acknowledge": ("provider/acknowledge.html", ACKNOWLEDGING),
    "provider, acknowledge just sent": ("provider/acknowledge.html", ACKNOWLEDGING | {"is_early": True}),
    "provider, acknowledge with errors": (
        "provider/acknowledge.html",
        ACKNOWLEDGING | {"errors": [FieldError("saved", "Mend saved")]},
    ),
    "provider, withdrawn": (
        "provider/withdrawn.html",
        GONE | {"referral": forwarded_referral(ReferralState.WITHDRAWN, withdrawn_on="2023-09-04")},
    ),
    "provider, gone": ("provider/gone.html", GONE),
    "provider, gone and confirmed again": ("provider/gone.html", GONE | {"done": "already"}),
    "provider, sent again": ("provider/acknowledge.html", ACKNOWLEDGING | {"done": "kept"}),
    "provider, confirmed": ("provider/confirmed.html", CONFIRMED),
    "provider, just confirmed": ("provider/confirmed.html", CONFIRMED | {"done": "now"}),
    "provider, confirmed again": ("provider/confirmed.html", CONFIRMED | {"done": "already"}),
    "provider, confirmed with errors": ("provider/confirmed.html", CONFIRMED | {"errors": [NOT_YET]}),
    "provider, confirmed and sent again before": ("provider/confirmed.html", CONFIRMED | {"referral": KEPT_BEFORE}),
    "provider, confirmed in doubt": ("provider/confirmed.html", CONFIRMED | {"referral": IN_DOUBT}),
    "provider, kept": ("provider/kept.html", SITE | {"referral": forwarded_referral(ReferralState.RECEIVED, kept=1)}),
    "provider, kept again": ("provider/acknowledge.html", ACKNOWLEDGING | {"referral": KEPT_AGAIN}),
    "provider, collect kept again": ("provider/collect.html", OPENED | {"referral": KEPT_AGAIN}),
    "provider, collect sent again": ("provider/collect.html", OPENED | {"done": "kept"}),
    "provider, erased": ("provider/gone.html", GONE | {"referral": forwarded_referral(ReferralState.ERASED)}),
    "provider, collect": ("provider/collect.html", OPENED),
    "provider, collect with errors": (
        "provider/collect.html",
        OPENED | {"errors": [FieldError("passphrase", "Mend passphrase")]},
    ),
    "provider, opened": ("provider/referral.html", OPENED),
    "provider, opened before, others wait": (
        "provider/referral.html",
        OPENED | {"opened_before": "Monday 4 September 2023", "waiting": WAITING},
    ),
    "provider, opened, others unknown": ("provider/referral.html", OPENED | {"waiting": None}),
    "provider, waiting": ("provider/waiting.html", OPENED | {"waiting": WAITING}),
    "provider, waiting after confirming": ("provider/waiting.html", OPENED | {"waiting": WAITING, "done": "now"}),
    "provider, waiting after setting aside, and more": (
        "provider/waiting.html",
        OPENED | {"waiting": WaitingView(WAITING.rows, 212, 2, 3), "done": "set-aside"},
    ),
    "provider, one more waits on another page": (
        "provider/waiting.html",
        OPENED | {"waiting": WaitingView(WAITING.rows, 101, 1, 2)},
    ),
    "provider, waiting with errors": (
        "provider/waiting.html",
        OPENED | {"waiting": WAITING, "errors": [FieldError("", "Mend it")]},
    ),
    "provider, nothing waits": ("provider/waiting.html", OPENED),
    "provider, set it aside?": ("provider/not-genuine.html", OPENED),
    "provider, set aside": ("provider/set-aside.html", CONFIRMED | {"referral": ASIDE, "done": "set-aside"}),
    "provider, set aside, sent again before": (
        "provider/set-aside.html",
        CONFIRMED | {"referral": forwarded_referral(ReferralState.ACKNOWLEDGED, **SET_ASIDE, kept=1)},
    ),
    "provider, set aside, passphrase over": (
        "provider/set-aside.html",
        CONFIRMED | {"referral": ASIDE, "done": "over"},
    ),
    "provider, confirmed, passphrase over": ("provider/confirmed.html", CONFIRMED | {"done": "over"}),
    "provider, gone, passphrase over": ("provider/gone.html", GONE | {"done": "over"}),
    "provider, set aside and erased": (
        "provider/gone.html",
        GONE | {"referral": forwarded_referral(ReferralState.ERASED, **SET_ASIDE, erased_on="2023-09-07")},
    ),
    "provider, expired": ("provider/expired.html", EXPIRED),
    "provider, expired, new link sent": ("provider/expired.html", EXPIRED | {"done": "emailed"}),
    "provider, expired, new link on its way": ("provider/expired.html", EXPIRED | {"done": "sending"}),
    "provider, expired, set aside": ("provider/expired.html", EXPIRED | {"referral": ASIDE}),
    "provider, expired, confirmed": ("provider/expired.html", EXPIRED | {"referral": CONFIRMED["referral"]}),
    "provider, expired with errors": ("provider/expired.html", EXPIRED | {"errors": [NOT_YET]}),
    "provider, problem": ("provider/problem.html", SITE | {"problem": PROBLEMS[ReferralLinkError]}),
    "problem": ("problem.html", {"problem": PROBLEMS[SessionFullError]}),
    "problem with code": ("problem.html", {"problem": UNEXPECTED, "correlation": "ab12cd34"}),
    "problem with errors": ("problem.html", {"problem": UNEXPECTED, "errors": errors_in(BookingRequest)}),
}


def facts_for(facts: Facts, content: Content | None) -> dict[str, Any]:
    return facts(content or builders.content()) if callable(facts) else facts


type Pages = Mapping[str, Page]


def show(name: str, content: Content | None, **changes: Any) -> Page:
    template, facts = PAGES[name]
    return Page(render.render(template, content, **(facts_for(facts, content) | changes)))
