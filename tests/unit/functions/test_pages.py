"""The pages, for this trust and for another."""

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import meta, nodes
from pydantic import BaseModel

from functions.bookings.booking_view import BookingView
from functions.bookings.draft import Draft
from functions.forms.availability import BookingsClosedError, OneToOneClosedError
from functions.forms.validation import FieldError
from functions.problems.error_table import PROBLEMS, problem_of
from functions.problems.http_errors import PageNotFoundError
from functions.problems.problem_details import UNEXPECTED
from functions.provider.view import ProviderView
from functions.referrals import pages as referral_pages
from functions.referrals.form_fields import FormFields
from functions.referrals.pages import FormIdentity
from functions.referrals.wizard import BUSY, CHECK, CONSENT, HELP, NOT_FOR_YOU, START, Step, Wizard
from functions.site.assets import assets
from functions.site.downloads import Offer
from functions.web import render
from functions.web.security_headers import SCRIPT_HASHES
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import BookingsBusyError, NotForOutsidersError, SessionFullError
from shared.bookings.model.session import SessionState
from shared.bookings.places.request import BookingRequest
from shared.config.settings import Support
from shared.content.content import Content, OneToOne
from shared.content.content_models import Article, Link, Section
from shared.referrals.errors import LinkLockedError, ReferralReusedError
from shared.referrals.model import Progress, ReferralState
from tests import builders
from tests.builders import MORNING, ROOT
from tests.unit.functions.bookings.fake_self_service import TOKEN, booking

type Facts = dict[str, Any] | Callable[[Content], dict[str, Any]]

HOSTILE = "<script>alert(1)</script>{{7*7}}[x](http://evil)\"' onload=x"


@dataclass(frozen=True)
class View:
    """A session as the blueprint hands it over."""

    id: str = "2023-09-08-1500"
    title: str = "Circle"
    theme: str = ""
    when: str = "Friday 8 September 2023, 3pm to 4:15pm"
    places_left: int = 12
    waiting_list: bool = True
    joins_waiting_list: bool = False


def errors_in(model: type[BaseModel]) -> list[FieldError]:
    return [FieldError(name, f"Mend {name}") for name in model.model_fields]


FULL, ONE_LEFT = (
    View(id="full", when="Tuesday", places_left=0, joins_waiting_list=True),
    View(id="a/b c&d?", theme="Voices", places_left=1),
)
SESSIONS = [View(), ONE_LEFT, FULL]
FORM = {"submission_id": "s" * 20, "form_token": "t" * 20, "values": {}, "errors": ()}
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


def own(session: dict[str, Any] | None = None, **attendee: Any) -> BookingView:
    """The booking that a link opens; its session has a theme, since one without is called what the copy calls it."""
    known = booking(session={"theme": "Voices"} | (session or {}), **attendee)
    return BookingView.of(TOKEN, known, builders.content(), MORNING)


SECTION = Section(heading="One", text=("Two",), items=("Three",), then=("Four",), links=(Link(text="5", url="/5"),))
ARTICLE = Article(title="Reading", lede="To read.", sections=(SECTION, Section(heading="Last")))
OFFERS = [
    Offer("Leaflet", "To keep.", "https://other.example/leaflet"),
    Offer("Form", "", "/resources/files/f.pdf", "PDF, 2KB"),
]


def passed_on(state: ReferralState = ReferralState.SENT, **days: str) -> ProviderView:
    return ProviderView.of(builders.referral(state=state, sent_on="2023-09-02", **days))


ASKED = {"typed": "", "reference": "34679CDF", "progress": ""}
SITE = {"site": "https://support.example"}
OPENED = SITE | {
    "referral": passed_on(),
    "address": "/collect/t",
    "proof": "1-p",
    "answers": [("Name", "Zoë\nand more")],
}
GONE = SITE | {
    "news": "",
    "referral": passed_on(ReferralState.ERASED, acknowledged_on="2023-09-04", erased_on="2023-09-04"),
}
REFERRED = {"reference": "7K2M4P", "by": "Friday 15 September 2023", "mailbox_fails": False}
BOOKED = {"booking": own(), "news": ""}
MOVING = {"booking": own(), "sessions": SESSIONS}
IDENTITY = FormIdentity("s" * 20, "t" * 20)


def wizard(form: OneToOne, **typed: str | tuple[str, ...]) -> Wizard:
    fields = {name: (value,) if isinstance(value, str) else value for name, value in typed.items()}
    return Wizard(form, FormFields(fields), MORNING.date(), lambda address: address.endswith(".nhs.uk"))


def referral(at: str, *, wrong: bool = False, shows_warning: bool = False, **typed: str | tuple[str, ...]) -> Facts:
    """A page of the form for somebody who has typed this, with an error beside each of its questions or none."""

    def of(content: Content) -> dict[str, Any]:
        on = wizard(content.one_to_one, **({"contact_by": ("email", "phone", "text")} | typed))
        names = [asked.ask for asked in on.shown(at)] if on.page(at) else ["consent_share"]
        errors = tuple(FieldError(name, f"Mend {name}") for name in names) if wrong else ()
        return referral_pages.facts(on, Step(at, shows_warning=shows_warning, errors=errors), IDENTITY) | {
            "mailbox_fails": False
        }

    return of


KEYS = [page.key for page in builders.content().one_to_one.pages]
REFERRAL: dict[str, tuple[str, Facts]] = {
    "referral": (referral_pages.template(Step(START)), referral(START)),
    **{f"referral, {key}": (referral_pages.template(Step(key)), referral(key)) for key in KEYS},
    **{f"referral, {key} with errors": (referral_pages.template(Step(key)), referral(key, wrong=True)) for key in KEYS},
    "referral, a work address": (
        referral_pages.template(Step("email")),
        referral("email", shows_warning=True, email="zoe@work.nhs.uk"),
    ),
    "referral, help": (referral_pages.template(Step(HELP)), referral(HELP)),
    "referral, not for you": (referral_pages.template(Step(NOT_FOR_YOU)), referral(NOT_FOR_YOU)),
    "referral, check": (
        referral_pages.template(Step(CHECK)),
        referral(CHECK, full_name="Zoë", what_brings_you="One\nTwo"),
    ),
    "referral, consent": (referral_pages.template(Step(CONSENT)), referral(CONSENT)),
    "referral, consent with errors": (referral_pages.template(Step(CONSENT)), referral(CONSENT, wrong=True)),
    "referral, busy": (referral_pages.template(Step(BUSY)), referral(BUSY)),
    "referred": ("referrals/received.html", REFERRED),
    "referred before": (
        "referrals/already-sent.html",
        {"reference": "ABCD1234", "problem": problem_of(ReferralReusedError("x"))},
    ),
    "referred while mail fails": ("referrals/received.html", REFERRED | {"mailbox_fails": True}),
}
PAGES: dict[str, tuple[str, Facts]] = {
    "start": ("start.html", {"closed": frozenset()}),
    "start, all closed": ("start.html", {"closed": frozenset(Support)}),
    "help now": ("info/help-now.html", {}),
    "resources": ("info/resources.html", {"offers": OFFERS}),
    "prompts": ("info/prompts.html", {"article": ARTICLE.model_copy(update={"title": "Prompts"})}),
    "privacy": (
        "info/privacy.html",
        {"article": ARTICLE.model_copy(update={"title": "Privacy"}), "kept_days": 90},
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
    "booked": ("bookings/confirmed.html", {"reference": "7K2M4P", "session": View(), "state": "confirmed"}),
    "held": ("bookings/confirmed.html", {"reference": "7K2M4P", "session": View(), "state": "to-check"}),
    "waiting": ("bookings/confirmed.html", {"reference": "7K2M4P", "session": View(), "state": "waiting"}),
    **REFERRAL,
    "own booking": ("manage/booking.html", BOOKED),
    "own booking, changed": ("manage/booking.html", BOOKED | {"news": "You have moved to this session"}),
    "own booking, waiting": ("manage/booking.html", BOOKED | {"booking": own(state=AttendeeState.WAITING)}),
    "own booking, to check": ("manage/booking.html", BOOKED | {"booking": own(state=AttendeeState.TO_CHECK)}),
    "own booking, cancelled": ("manage/booking.html", BOOKED | {"booking": own(state=AttendeeState.CANCELLED)}),
    "own booking, called off": (
        "manage/booking.html",
        BOOKED | {"booking": own(session={"state": SessionState.CANCELLED})},
    ),
    "cancel": ("manage/cancel.html", {"booking": own()}),
    "leave the waiting list": ("manage/cancel.html", {"booking": own(state=AttendeeState.WAITING)}),
    "move": ("manage/move.html", MOVING),
    "move with errors": ("manage/move.html", MOVING | {"errors": [FieldError("session_id", "Mend session_id")]}),
    "not moved": ("manage/not-moved.html", {"booking": own(), "problem": PROBLEMS[SessionFullError]}),
    "status": ("referrals/status.html", ASKED),
    **{f"status {each}": ("referrals/status.html", ASKED | {"progress": each}) for each in Progress},
    "status with errors": ("referrals/status.html", ASKED | {"errors": [FieldError("reference", "Mend reference")]}),
    "provider, acknowledge": (
        "provider/acknowledge.html",
        SITE | {"referral": passed_on(), "address": "/acknowledge/t"},
    ),
    "provider, gone": ("provider/gone.html", GONE),
    "provider, just gone": ("provider/gone.html", GONE | {"news": "Thank you"}),
    "provider, erased": ("provider/gone.html", GONE | {"referral": passed_on(ReferralState.ERASED)}),
    "provider, collect": ("provider/collect.html", OPENED),
    "provider, collect with errors": (
        "provider/collect.html",
        OPENED | {"errors": [FieldError("passphrase", "Mend passphrase")]},
    ),
    "provider, opened": ("provider/referral.html", OPENED),
    "provider, problem": ("provider/problem.html", SITE | {"problem": PROBLEMS[LinkLockedError]}),
    "problem": ("problem.html", {"problem": PROBLEMS[SessionFullError]}),
    "problem with code": ("problem.html", {"problem": UNEXPECTED, "correlation": "ab12cd34"}),
    "problem with errors": ("problem.html", {"problem": UNEXPECTED, "errors": errors_in(BookingRequest)}),
}


class Page(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.elements, self.text = html, list[tuple[str, dict[str, str]]](), ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, attribute: str, *tags: str) -> list[str]:
        return [attrs[attribute] for tag, attrs in self.elements if attribute in attrs and (not tags or tag in tags)]

    def element(self, name: str) -> dict[str, str]:
        return next(attrs for _, attrs in self.elements if attrs.get("id") == name)


def of(facts: Facts, content: Content | None) -> dict[str, Any]:
    return facts(content or builders.content()) if callable(facts) else facts


def show(name: str, content: Content | None, **changes: Any) -> Page:
    template, facts = PAGES[name]
    return Page(render.render(template, content, **(of(facts, content) | changes)))


@pytest.fixture(params=PAGES)
def shown(request: pytest.FixtureRequest, content: Content) -> Page:
    return show(request.param, content)


def test_neither_templates_nor_code_name_a_trust_or_a_provider(content: Content) -> None:
    names = [content.organisation.name, content.provider.short_name, content.provider.email, content.service_name]
    files = [*render.TEMPLATES.rglob("*.html"), *(ROOT / "functions").glob("*.py")]
    assert len(files) > 15
    assert [path for path in files for name in names if name.casefold() in path.read_text("utf-8").casefold()] == []


def test_no_title_tells_a_shared_screen_what_the_service_is_about(shown: Page) -> None:
    title, *_ = re.findall(r"<title>(.*?)</title>", shown.html)
    assert title.endswith(" Staff sessions")
    assert not re.search(r"trauma|raci|therap|refer|mersey|nafsiyat", title, re.IGNORECASE)


def test_no_two_pages_have_the_same_title(content: Content) -> None:
    """But for those on which something went wrong, which are called by what did."""
    titles: dict[str, set[str]] = {}
    for name, (template, _) in PAGES.items():
        title, *_ = re.findall(r"<title>(.*?)</title>", show(name, content).html)
        titles.setdefault(title.removeprefix("Error: "), set()).add(template)
    shared = {title: found for title, found in titles.items() if len(found) > 1}
    assert {each for found in shared.values() for each in found} <= {"problem.html", "bookings/not-booked.html"}


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith("with errors")])
def test_a_title_says_first_that_something_is_wrong(name: str, content: Content) -> None:
    assert "<title>Error: " in show(name, content).html


def test_a_page_loads_only_what_is_served_here_and_runs_only_scripts_that_the_policy_knows(shown: Page) -> None:
    loaded = [*shown.all("src", "script", "img"), *shown.all("href", "link")]
    assert loaded
    assert all(url.removeprefix("/assets/") in assets() for url in loaded)
    scripts = re.findall(r"<script[^>]*>(.+?)</script>", shown.html, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert tuple(f"sha256-{each}" for each in hashes) == SCRIPT_HASHES
    assert not [name for _, attrs in shown.elements for name in attrs if name == "style" or name.startswith("on")]


def test_every_page_has_one_heading_a_skip_link_that_works_and_no_id_twice(shown: Page) -> None:
    ids = shown.all("id")
    assert [tag for tag, _ in shown.elements].count("h1") == 1
    assert "#maincontent" in shown.all("href", "a")
    assert "maincontent" in ids
    assert sorted(ids) == sorted(set(ids))


def test_every_link_within_a_page_leads_to_something_on_it(shown: Page) -> None:
    targets = [url.removeprefix("#") for url in shown.all("href", "a") if url.startswith("#")]
    assert set(targets) <= set(shown.all("id"))
    assert set(shown.all("for", "label")) <= set(shown.all("id"))
    assert {each for described in shown.all("aria-describedby") for each in described.split()} <= set(shown.all("id"))


def test_every_page_shows_the_way_to_urgent_help(content: Content) -> None:
    assert "urgent-help" in show("start", content).all("id")
    for name in PAGES:
        is_for_staff = not name.startswith("provider")
        assert ("/help-now" in show(name, content).all("href", "a")) == is_for_staff


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("provider")])
def test_a_page_for_the_provider_leads_nowhere_that_their_app_does_not_serve(name: str, content: Content) -> None:
    links = show(name, content).all("href", "a")

    assert SITE["site"] + "/" in links
    assert [url for url in links if not url.startswith(("#", SITE["site"]))] == []


@pytest.mark.parametrize(
    ("name", "model", "not_shown"),
    [
        ("booking with errors", BookingRequest, {"submission_id", "session_id", "join_waiting_list"}),
    ],
)
def test_each_error_stands_in_the_summary_and_beside_its_field(
    name: str, model: type[BaseModel], not_shown: set[str], content: Content
) -> None:
    shown = show(name, content)
    for field in model.model_fields.keys() - not_shown:
        assert f"#{field}" in shown.all("href", "a")
        assert field in shown.all("id", "input", "textarea")
        assert f"{field}-error" in shown.all("id")
        assert shown.text.count(f"Mend {field}") == 2
    for field in not_shown:
        assert shown.text.count(f"Mend {field}") == 1
        assert f"#{field}" not in shown.all("href", "a")


@pytest.mark.parametrize(
    "name",
    ["referral", *(name for name in PAGES if name.startswith("referral, ") and not re.search("consent|busy", name))],
)
def test_the_pages_of_a_referral_are_posted_to_one_address_that_says_nothing(name: str, content: Content) -> None:
    shown = show(name, content)
    assert (shown.all("action", "form"), shown.all("method", "form")) == (["/one-to-one/questions"], ["post"])


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("choose a session", "/bookings/details"),
        ("choose another session", "/bookings/check"),
        ("booking", "/bookings/check"),
        ("check", "/bookings"),
        ("full meanwhile", "/bookings"),
        ("referral, consent", "/one-to-one"),
        ("referral, busy", "/one-to-one"),
    ],
)
def test_a_form_is_posted_to_its_own_address(name: str, action: str, content: Content) -> None:
    shown = show(name, content)
    assert (shown.all("action", "form"), shown.all("method", "form")) == ([action], ["post"])


@pytest.mark.parametrize("name", ["check", "check when it is full", "full meanwhile", "busy", "not for outsiders"])
def test_every_answer_travels_with_the_page_and_none_in_an_address(name: str, content: Content) -> None:
    shown = show(name, content)
    hidden = {attrs["name"]: attrs["value"] for _, attrs in shown.elements if attrs.get("type") == "hidden"}
    assert hidden.items() >= ANSWERED.items()
    assert (hidden["submission_id"], hidden["form_token"]) == ("s" * 20, "t" * 20)
    assert not [url for url in shown.all("href") + shown.all("formaction") if "zoe" in url.casefold()]


def test_every_answer_is_shown_before_it_is_sent_with_a_button_that_changes_it(content: Content) -> None:
    shown = show("check", content)
    for said in ("Zoë Okafor", "zoe@home.example", "Captions", View.when, content.groups.agreement):
        assert said in shown.text
    fields = {url.partition("#")[2] for url in shown.all("formaction", "button")} - {""}
    assert fields == {"full_name", "email", "works_for_trust", "adjustments", "share_adjustments", "reminders"} | {
        "group_agreement"
    }
    assert fields <= set(show("booking", content).all("id"))
    assert "/bookings/session" in shown.all("formaction", "button")


def test_what_was_left_out_is_said_to_be(content: Content) -> None:
    answers = BookingRequest.model_validate(ANSWERED | {"adjustments": "", "reminders": "no"})
    shown = show("check", content, answers=answers)
    assert "Not provided" in shown.text
    assert "see what you need" not in shown.text


def test_who_would_only_wait_is_told_so_before_they_confirm(content: Content) -> None:
    shown, waiting = show("check", content), show("check when it is full", content)
    assert ("Confirm and book" in shown.text, "waiting list" in shown.text) == (True, False)
    assert "Confirm and join the waiting list" in waiting.text
    assert "You are not booked until a place becomes free" in waiting.text


def test_who_was_too_late_is_offered_the_waiting_list_if_there_is_one(content: Content) -> None:
    shown, none = show("full meanwhile", content), show("full meanwhile", content, may_wait=False)
    assert ("join_waiting_list" in shown.all("name", "button"), "Error" in shown.html) == (True, False)
    assert "join_waiting_list" not in none.all("name", "button")
    assert "/bookings/session" in none.all("formaction", "button")


@pytest.mark.parametrize(
    "name",
    [
        *("choose another session", "booking, changed", "booking with errors", "check"),
        *(f"referral, {key}" for key in [*KEYS, "help", "check", "consent", "busy"]),
    ],
)
def test_enter_in_a_field_leads_on_and_not_back(name: str, content: Content) -> None:
    """It presses the first button of the form in the page's order, wherever that stands."""
    shown = show(name, content)
    buttons = [attrs for tag, attrs in shown.elements if tag == "button" and attrs.get("type") == "submit"]
    assert "formaction" not in buttons[0]
    assert [each["formaction"] for each in buttons if "nhsuk-back-link" in each["class"]]
    assert all(each.get("tabindex") == "-1" for each in buttons if each.get("aria-hidden"))


@pytest.mark.parametrize("name", ["booking", *(f"referral, {key}" for key in KEYS if key != "contact_by")])
def test_nothing_is_chosen_for_anybody(name: str, content: Content) -> None:
    assert show(name, content).all("checked") == []


def test_a_booking_asks_for_what_the_service_takes_and_nothing_else(content: Content) -> None:
    asked = set(show("booking", content).all("name", "input", "textarea", "select")) - {"form_token", "website"}
    assert asked | {"join_waiting_list"} == BookingRequest.model_fields.keys() | {"join_waiting_list"}


def test_what_was_typed_is_there_again(content: Content) -> None:
    typed: dict[str, Any] = {"full_name": "Ann", "reminders": "no", "group_agreement": "yes"}
    shown = show("booking", content, values=typed, errors=errors_in(BookingRequest))
    ticked = {(attrs["name"], attrs["value"]) for _, attrs in shown.elements if "checked" in attrs}
    assert shown.element("full_name")["value"] == "Ann"
    assert ticked == {("reminders", "no"), ("group_agreement", "yes")}
    chosen = show("choose a session", content, draft=Draft(typed | {"session_id": ONE_LEFT.id}, "s", "t"))
    assert [attrs["value"] for _, attrs in chosen.elements if "checked" in attrs] == [ONE_LEFT.id]


@pytest.mark.parametrize(
    ("ticked", "written", "languages"),
    [("Arabic", "", ["Arabic"]), ("another", "Ga", ["another"]), ("", "Ga", [])],
)
def test_a_language_of_the_list_and_one_that_is_not_are_there_again(
    ticked: str, written: str, languages: list[str], content: Content
) -> None:
    on = wizard(content.one_to_one, **{"therapy_language": ticked, "therapy_language-another": written})
    asked = referral_pages.facts(on, Step("therapy_language"), IDENTITY)
    shown = Page(render.render("referrals/question.html", content, **asked))
    assert [attrs["value"] for _, attrs in shown.elements if "checked" in attrs] == languages
    assert shown.element("therapy_language-another").get("value", "") == written


def test_whatever_is_typed_is_shown_literally(content: Content) -> None:
    text_fields = ["full_name", "email", "adjustments"]
    typed: dict[str, Any] = dict.fromkeys(text_fields, HOSTILE)
    shown = show("booking", content, values=typed, draft=Draft(typed, HOSTILE, HOSTILE))
    assert [shown.element(name).get("value") for name in ("full_name", "email")] == [HOSTILE, HOSTILE]
    assert HOSTILE in shown.text
    assert "alert" not in shown.html.replace("&lt;script&gt;alert(1)", "")
    assert "49[x]" not in shown.html


def test_whatever_administrators_and_the_copy_say_is_shown_literally(content: Content) -> None:
    hostile = View(id=HOSTILE, title=HOSTILE, theme=HOSTILE, when=HOSTILE)
    said = Content.model_validate(
        content.model_dump() | {"groups": dict.fromkeys(content.groups.model_dump(), HOSTILE) | {"about": [HOSTILE]}}
    )
    for name in ("start", "sessions", "choose a session", "booking", "check", "booked"):
        shown = show(name, said, sessions=[hostile], session=hostile, chosen=hostile)
        assert HOSTILE in shown.text
        assert [tag for tag, _ in shown.elements].count("script") == 2
        assert "49[x]" not in shown.html


def test_a_session_is_booked_under_its_id_whatever_it_is_made_of(content: Content) -> None:
    links = show("sessions", content).all("href", "a")
    assert "/bookings/new?session=a%2Fb%20c%26d%3F" in links


@pytest.mark.parametrize("waiting_list", [True, False])
def test_a_full_session_offers_its_waiting_list_if_it_has_one(content: Content, *, waiting_list: bool) -> None:
    full = replace(FULL, waiting_list=waiting_list)
    shown = Page(render.render("bookings/sessions.html", content, sessions=[full]))
    assert "This session is full" in shown.text
    assert ("Join the waiting list for Tuesday" in shown.text) is waiting_list
    assert bool([url for url in shown.all("href", "a") if "session=full" in url]) is waiting_list


def test_what_can_be_chosen_says_how_many_places_are_left_or_that_there_is_a_waiting_list(content: Content) -> None:
    shown = show("choose a session", content)
    assert shown.all("value", "input")[-3:] == [session.id for session in SESSIONS]
    assert "12 places left" in shown.text
    assert "full: you can join the waiting list" in shown.text


def test_places_left_are_counted_in_words(content: Content) -> None:
    text = show("sessions", content).text
    assert "12 places left" in text
    assert "1 place left" in text


def test_a_session_without_a_theme_is_called_what_the_copy_calls_it(other_content: Content) -> None:
    text = show("sessions", other_content).text
    assert other_content.groups.open_theme in text
    assert "Theme: Voices" in text


def test_the_list_says_kindly_that_nothing_is_planned(content: Content) -> None:
    assert "No sessions are planned at the moment" in show("no sessions", content).text


def test_adjustments_are_asked_for_only_where_wanted(content: Content) -> None:
    shown = show("booking", content, asks_adjustments=False)
    assert not {"adjustments", "share_adjustments"} & set(shown.all("name"))


@pytest.mark.parametrize("name", [name for name in REFERRAL if not name.startswith("referred")])
def test_a_shared_computer_does_not_remember_a_referral(name: str, content: Content) -> None:
    shown = show(name, content)
    assert shown.all("autocomplete", "form") == ["off"]
    asked = {attrs["name"] for tag, attrs in shown.elements if tag in {"input", "textarea"} and "autocomplete" in attrs}
    assert asked == {"website"}  # which is no question, and says "off"


def test_a_page_without_copy_still_says_what_happened() -> None:
    shown = show("problem with code", None)
    assert UNEXPECTED.title in shown.text
    assert "ab12cd34" in shown.text
    assert "banner" not in shown.all("role")


def test_the_start_of_the_app_loads_no_template_engine_and_reads_no_setting() -> None:
    code = (
        "import os, sys; os.environ.clear()\n"
        "import functions.forms.body, functions.web.render, functions.web.responses, functions.site.assets\n"
        "assert not {'jinja2', 'nhsuk_frontend_jinja', 'email_validator', 'shared.bootstrap'} & set(sys.modules)\n"
        "assert functions.site.assets.assets.cache_info().currsize == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# What templates read. `ChainableUndefined`, which the NHS components need, shows a mistyped name as nothing at all.

GIVEN = {"assetPath", "content", "errors", "messages"}
FACTS = {
    "layout.html": set(),
    "parts.html": set(),
    "manage/parts.html": set(),
    "bookings/session.html": set(CHOOSING),
    "provider/frame.html": {"site"},
    "provider/parts.html": {"referral"},
    **{template: of(facts, None).keys() | {"correlation"} for template, facts in PAGES.values()},
    "referrals/flow.html": set(),
    "referrals/inputs.html": set(),
    "problem.html": {"problem", "correlation"},
}
OWN = sorted(path.relative_to(render.TEMPLATES).as_posix() for path in render.TEMPLATES.rglob("*.html"))


def parsed(template: str) -> nodes.Template:
    return render.environment().parse((render.TEMPLATES / template).read_text("utf-8"))


@pytest.mark.parametrize("template", OWN)
def test_templates_use_only_the_variables_passed_to_them(template: str) -> None:
    imported = {name for each in parsed(template).find_all(nodes.FromImport) for name in each.names}
    assert meta.find_undeclared_variables(parsed(template)) <= FACTS[template] | GIVEN | imported


@pytest.mark.parametrize("template", OWN)
def test_templates_use_only_attributes_that_exist(template: str, content: Content) -> None:
    known = {"booking": own(), "content": content, "session": View(), "chosen": View(), "problem": UNEXPECTED}
    known |= {"referral": passed_on()}
    known |= {"provider": content.provider, "line": content.urgent_help[0], "error": FieldError("", "")}
    known |= {"draft": EMPTY, "answers": CHECKING["answers"]}
    known |= {"article": ARTICLE, "offer": OFFERS[0], "part": SECTION, "link": SECTION.links[0]}
    known |= {"each": content.help_now.cards[0]} if template == "info/help-now.html" else {}
    for attribute in parsed(template).find_all(nodes.Getattr):
        root, path = dotted(attribute)
        if root in known:
            value: Any = known[root]
            for name in path:
                assert hasattr(value, name), f"{root}.{'.'.join(path)}"
                value = getattr(value, name)


@pytest.mark.parametrize("template", OWN)
def test_a_template_reads_answers_and_messages_by_the_names_of_the_fields(template: str) -> None:
    fields = BookingRequest.model_fields.keys() | {"consent_share", "reference", "passphrase"}
    read = [dotted(each) for each in parsed(template).find_all(nodes.Getattr)]
    assert {path[0] for root, path in read if root in {"values", "messages"}} <= fields


def dotted(attribute: nodes.Getattr) -> tuple[str, list[str]]:
    path, node = [attribute.attr], attribute.node
    while isinstance(node, nodes.Getattr):
        path.insert(0, node.attr)
        node = node.node
    return (node.name if isinstance(node, nodes.Name) else ""), path
