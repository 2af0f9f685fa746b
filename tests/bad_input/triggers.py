"""Every trigger of the registered functions, and each place at which a text comes in there."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote_plus

import azure.functions as func
from azure.functions._eventgrid import EventGridEvent

from functions.bookings.draft import FORM as BOOKING_FORM
from functions.forms.tokens import TOKEN, issue_token
from functions.referrals.pages import FORM as REFERRAL_FORM
from local.stack.environment import PASSPHRASE
from shared.bookings.places.request import BookingRequest
from shared.bookings.self_service.details import DetailsRequest
from shared.referrals.intake.request import pages_model, referral_model
from tests import builders
from tests.builders import MORNING, ROOT
from tests.registered_functions import FUNCTIONS
from tests.unit.functions.app_with_links import REFERRAL, AppWithLinks
from tests.unit.functions.http_requests import FORM
from tests.unit.functions.test_app_roles import EVERYTHING

JSON = "application/json"
FORM_ASKED = builders.content().one_to_one
MODELS = (BookingRequest, DetailsRequest, referral_model(FORM_ASKED), pages_model(FORM_ASKED))
READ = re.compile(r'(?:sent|text|value|texts)\((?:[\w.]+, )?"([a-z_]+)"')
HEADERS = (
    *("accept", "accept-encoding", "accept-language", "authorization", "content-type", "cookie", "host"),
    *("if-none-match", "origin", "referer", "sec-fetch-site", "user-agent", "x-forwarded-for"),
)
QUERY = ("done", "session", "work", "lang", "x")
AGREED = dict.fromkeys(("group_agreement", "consent_share", "saved"), "yes")
DECLINED = dict.fromkeys(("reminders", "need_help_now"), "no")
NAMED = {"session_id": "s2", "email": "zoe@nhs.net", "reference": "34679CDF", "words": "one two three"}
GOOD = {**REFERRAL, **NAMED, **AGREED, **DECLINED, "passphrase": PASSPHRASE}
"""Answers that every form takes."""

TOKEN_OF_NOTIFY = {"authorization": f"Bearer {EVERYTHING['NOTIFY_CALLBACK_TOKEN']}"}
PAGES = {"cancel_booking": "cancel_form", "change_details": "details_form", "move_booking": "move_form"}
PAGES |= {"prove_address": "manage_booking", "set_reminders": "manage_booking", "withdraw": "withdraw_form"}
PAGES |= {"acknowledge": "acknowledge_form", "collect": "collect", "referral_status": "referral_status_form"}
LINKED = frozenset({"manage", "calendar", "acknowledge", "collect"})
OPEN_FOR = timedelta(minutes=3)
"""The time for which a page was open before it is sent."""

type Answer = Callable[[str], int]


def names() -> list[str]:
    """The fields that anything reads from a form."""
    read = {name for path in (ROOT / "functions").rglob("*.py") for name in READ.findall(path.read_text("utf-8"))}
    return sorted(read.union(*(model.model_fields for model in MODELS), {TOKEN}))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text goes in: `answer` returns the status, 200 for what is no HTTP."""

    name: str
    answer: Answer


def _form(fields: Mapping[str, Any]) -> bytes:
    pairs = ((name, each) for name, value in fields.items() for each in (value if isinstance(value, list) else [value]))
    return "&".join(f"{name}={quote_plus(str(each).encode('utf-8', 'surrogatepass'))}" for name, each in pairs).encode()


@dataclass(frozen=True, slots=True)
class Http:
    """One function that HTTP triggers, by one of its methods: a good request, in which one thing is replaced."""

    app: AppWithLinks
    function: str
    method: str
    route: Mapping[str, str]
    fields: Mapping[str, Any]

    def places(self) -> Iterator[Place]:
        """Parts of the address, the query and the headers; the body as a whole, and each of its fields."""
        yield from (self._place(f"part {each}", partial(self._part, each)) for each in self.route)
        yield self._place("query", lambda text: {"query": dict.fromkeys(QUERY, text)})
        yield from (self._place(f"header {each}", partial(self._header, each)) for each in HEADERS)
        if self.method == "POST":
            known = names()
            yield self._place("body", lambda text: self._body(_bytes(text)))
            yield self._place("body as JSON", lambda text: self._body(_bytes(text), JSON))
            yield self._place("every field", lambda text: self._body(_form(dict.fromkeys(known, text))))
            yield self._place("every field twice", lambda text: self._body(_form({each: [text] * 2 for each in known})))
            yield self._place("every field as JSON", lambda text: self._json(known, text))
            yield self._place("every field as a list", lambda text: self._json(known, [text]))
            yield self._place("every field as an object", lambda text: self._json(known, {text: text}))
            yield from (self._place(f"field {each}", partial(self._field, each)) for each in known)

    def _place(self, name: str, changed: Callable[[str], Mapping[str, Any]]) -> Place:
        def answer(text: str) -> int:
            given: dict[str, Any] = {"route": self.route, **self._body(_form(self.fields)), **changed(text)}
            given["headers"] = TOKEN_OF_NOTIFY | given.get("headers", {})
            return int(self.app.call(self.function, self.method, given.pop("route"), **given).status_code)

        return Place(f"{self.method} {self.function}, {name}", answer)

    def _body(self, body: bytes, kind: str = FORM) -> dict[str, Any]:
        return {"body": body, "kind": kind} if self.method == "POST" else {}

    def _json(self, known: Collection[str], value: object) -> dict[str, Any]:
        return self._body(json.dumps(dict.fromkeys(known, value)).encode(), JSON)

    def _part(self, part: str, text: str) -> dict[str, Any]:
        return {"route": {**self.route, part: text}}

    def _header(self, header: str, text: str) -> dict[str, Any]:
        return {"headers": {header: text}}

    def _field(self, field: str, text: str) -> dict[str, Any]:
        return self._body(_form({**self.fields, field: text}))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def bindings(name: str) -> list[dict[str, Any]]:
    return [dict(each.get_dict_repr()) for each in FUNCTIONS[name].get_bindings()]


def trigger_of(name: str) -> dict[str, Any]:
    return next(each for each in bindings(name) if str(each["type"]).endswith("Trigger"))


def places(app: AppWithLinks, name: str) -> Iterator[Place]:
    """Every place of a function at which a text comes in."""
    match trigger_of(name):
        case {"type": "httpTrigger", "route": route, "methods": methods}:
            parts = {part: _value(app, str(route), part) for part in re.findall(r"\{\*?(\w+)", route)}
            for method in sorted({str(each) for each in methods} - {"HEAD"}):
                yield from Http(app, name, method, parts, _fields(app, name, parts)).places()
        case {"type": "queueTrigger"}:
            known = ("v", "session", "mail", "referral", "batch", "turn")
            for fields in ((), *((each,) for each in known[1:]), known):
                yield Place(f"message to {name}, {fields}", partial(_deliver, name, fields))
        case {"type": "eventGridTrigger"}:
            for what in ("messageId", "status", "deliveryAttemptTimeStamp", "data", "type"):
                yield Place(f"event to {name}, {what}", partial(_report, name, what))
        case {"type": kind}:
            assert kind == "timerTrigger", f"{name} is triggered by {kind}: nothing comes in by a timer"


def _value(app: AppWithLinks, route: str, part: str) -> str:
    page = route.partition("/")[0]
    return app.link("manage" if page == "calendar" else page) if part == "token" and page in LINKED else ""


def _fields(app: AppWithLinks, name: str, route: Mapping[str, str]) -> dict[str, Any]:
    """The fields that the page of a function sends by itself, with good answers."""
    submission = "a-form-of-bad-input"
    form = REFERRAL_FORM if name == "refer" else BOOKING_FORM
    token = issue_token(app.built.signer, form, submission, app.now - OPEN_FOR)
    fields: dict[str, Any] = {**GOOD, "submission_id": submission, TOKEN: token}
    if name in PAGES:
        app.now -= OPEN_FOR
        page = app.call(PAGES[name], "GET", route).get_body().decode()
        app.now += OPEN_FOR
        act = str(trigger_of(name)["route"]).rpartition("/")[2]
        forms = re.findall(r'<form[^>]*action="([^"]*)"(.*?)</form>', page, re.DOTALL)
        own = next((inside for address, inside in forms if address.endswith(act)), page)
        fields |= dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', own))
    return fields


def _deliver(name: str, fields: Sequence[str], text: str) -> int:
    body = json.dumps({"v": "1", **dict.fromkeys(fields, text)}).encode() if fields else _bytes(text)
    FUNCTIONS[name].get_user_function()(message=func.QueueMessage(id="1", body=body))
    return 200


def _report(name: str, what: str, text: str) -> int:
    data: Any = {"messageId": "12345678-1234-5678-1234-567812345678", "status": "Delivered"}
    data = text if what == "data" else {**data, what: text}
    kind = text if what == "type" else "Microsoft.Communication.EmailDeliveryReportReceived"
    event = EventGridEvent(
        id="1", data=data, topic="t", subject="s", event_type=kind, event_time=MORNING, data_version="1"
    )
    FUNCTIONS[name].get_user_function()(event=event)
    return 200
