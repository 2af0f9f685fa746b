"""64 kB of its worst in every value from outside: refused, and quickly.

`tests/architecture/test_regular_expressions.py` tries each regular expression; these are the places that use them.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from itertools import product
from urllib.parse import urlencode

import azure.functions as func
import pytest
from pydantic import BaseModel

import function_app
from functions.api.response_models import StatusRequest
from functions.delivery_reports import read_report
from functions.forms.body import FORM, JSON, MalformedBodyError, content_type, read_body
from functions.forms.browser_marks import has_browser_marks
from functions.forms.csrf import is_cross_site
from functions.forms.negotiation import wants_json
from functions.forms.request_values import HEADER_LENGTH, VALUE_LENGTH, header, query, route_value
from functions.forms.tokens import is_ripe
from functions.forms.validation import FormError, validate
from functions.queues import MAX_MESSAGE_BYTES, is_turn, read_batch, read_mail, read_referral
from functions.referrals.form_fields import FormFields
from functions.referrals.wizard import Step, Wizard
from functions.site.not_found import Routes, routes_of
from functions.web.compression import accepts_gzip
from functions.web.links import token_of
from functions.web.opaque_tokens import OpaqueToken
from shared.bookings.model.email_ids import MailId
from shared.bookings.places.request import BookingRequest
from shared.bookings.self_service.details import DetailsRequest
from shared.bookings.tables.attendee_rows import read_attendee
from shared.bookings.tables.session_rows import read_session_row
from shared.content.question import QuestionPage
from shared.fields.answer_fields import TODAY
from shared.fields.email_address import read_email_address
from shared.fields.person_name import read_person_name
from shared.fields.phone_number import read_phone_number
from shared.log_redaction import _redacted
from shared.passphrase import PassphraseHash
from shared.references import read_reference
from shared.referrals.delivery import sealed_tokens
from shared.referrals.intake.request import pages_model, referral_model
from shared.signing import Signer
from shared.tables.table import Row, is_key
from tests import builders
from tests.cpu_limit import SIZE, WORST, is_fast
from tests.every_row import every_row

NOW = datetime(2023, 9, 1, 8, tzinfo=UTC)
CONTEXT = {TODAY: date(2023, 9, 1)}
SIGNER = Signer((b"k" * 32,))
FORMS = [builders.content().one_to_one, builders.other_content().one_to_one]
MODELS: list[type[BaseModel]] = [BookingRequest, DetailsRequest, StatusRequest]
MODELS += [each(form) for form in FORMS for each in (referral_model, pages_model)]
FIELDS = [(model, name) for model in MODELS for name in model.model_fields]


def kind(model: type[BaseModel], name: str) -> str:
    """The type and the rules of a field, without the addresses of the functions that check them."""
    field = model.model_fields[name]
    return re.sub(r" at 0x\w+", "", repr((field.annotation, field.metadata)))


KINDS = list({kind(*each): each for each in FIELDS}.values())
ROUTES = Routes(lambda: routes_of(function_app.BLUEPRINTS))
PASSPHRASE = PassphraseHash.of("3QWK-K7MN-4Q44-X9TH-6PRR")
SESSION_CELLS = ["RowKey", *builders.session_cells(), "Minutes", "Title", "Theme", "JoinUrl", "State", "Reminders"]
BOOKING_CELLS = ["Name", "Email", "Adjustments", "State", "Reference", "Session", "Reminders", "Mail", "KnownEmail"]
BOOKING_CELLS += ["Releases", "Moving", "BookedAt", "Generation", "StateAt", "WaitingSince"]
EVERY = every_row("text", WORST.values())


def request(*, path: str = "", **headers: str) -> func.HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    address = "https://support.example/"
    return func.HttpRequest("POST", address, headers=named, params={"q": path}, route_params={"token": path}, body=b"")


def fitting(text: str, body_of: Callable[[str], bytes]) -> bytes:
    """The body with as much of the text as a body may have."""
    while len(body := body_of(text)) > SIZE:
        text = text[: len(text) * SIZE // (len(body) + 200)]
    return body


def validated(model: type[BaseModel], body: bytes, kind: str) -> None:
    sent = func.HttpRequest("POST", "https://support.example/", headers={"content-type": kind}, body=body)
    validate(model, read_body(sent), {}, CONTEXT)


@pytest.mark.parametrize("fields", [KINDS, pytest.param(FIELDS, marks=pytest.mark.nightly)], ids=["one of a kind", ""])
def test_every_field_of_every_form_is_refused_or_read_in_little_time(fields: list[tuple[type[BaseModel], str]]) -> None:
    assert [(model.__name__, name) for model, name in fields if not is_read_fast(model, name)] == []


def is_read_fast(model: type[BaseModel], name: str) -> bool:
    bodies = [(json.dumps({name: ["x"] * (SIZE // 6)}).encode(), JSON)]
    for text in WORST.values():
        bodies.append((fitting(text, lambda value: urlencode({name: value}).encode()), FORM))
        bodies.append((fitting(text, lambda value: json.dumps({name: value}, ensure_ascii=False).encode()), JSON))
    return all(is_fast(partial(validated, model, *each)) for each in bodies)


@every_row("page", FORMS[1].pages)
def test_every_page_of_a_referral_is_answered_in_little_time(page: QuestionPage) -> None:
    names = [asked.ask for asked in page.questions] + ["date_of_birth-month", "therapy_language-another"]
    for name, text in product(names, WORST.values()):
        typed = FormFields({"contact_by": ("email", "phone"), name: (text,)})

        def turn(typed: FormFields = typed) -> None:
            wizard = Wizard(FORMS[1], typed, CONTEXT[TODAY], lambda address: address.endswith("nhs.uk"))
            wizard.next_step(page.key, "", Step(page.key))

        assert is_fast(turn), name


READERS: Mapping[str, Callable[[str], object]] = {
    "name": read_person_name,
    "email address": read_email_address,
    "phone number": read_phone_number,
    "reference": read_reference,
    "passphrase": PASSPHRASE.matches,
    "new passphrase": PassphraseHash.of,
    "token": lambda text: SIGNER.parse_token("manage", text),
    "sealed token": lambda text: sealed_tokens.read(SIGNER, "collect-referral", text),
    "opaque token": lambda text: OpaqueToken("booked").read(SIGNER, text),
    "form token": lambda text: is_ripe(SIGNER, "booking", "id", text, NOW),
    "key": is_key,
    "email id": MailId.parse,
    "log line": lambda text: _redacted(f"{text}@"),
    "address of a page": ROUTES.methods_at,
    "status of a report": lambda text: read_report(
        "Microsoft.Communication.EmailDeliveryReportReceived", {"messageId": text, "status": text}
    ),
    "queue message": lambda text: [
        read(json.dumps({"v": "1", "session": text, "mail": text, "referral": text}).encode())
        for read in (read_mail, read_referral, read_batch, is_turn)
    ],
    "queue message that is no JSON": lambda text: read_mail(text.encode()),
    **{
        f"header {name}": lambda text, name=name: [  # type: ignore[misc]  # bound at once
            look(request(**{name: text}))
            for look in (
                wants_json,
                accepts_gzip,
                content_type,
                has_browser_marks,
                lambda req: is_cross_site(req, lambda: "https://support.example"),
            )
        ]
        for name in ("accept", "accept_encoding", "accept_language", "content_type", "origin", "sec_fetch_site")
    },
    **{
        f"session's {name}": lambda text, name=name: read_session_row(  # type: ignore[misc]  # bound at once
            Row(builders.session_cells() | {name: text}, ""), ()
        )
        for name in SESSION_CELLS
    },
    **{
        f"booking's {name}": lambda text, name=name: read_attendee(  # type: ignore[misc]  # bound at once
            Row({"PartitionKey": "s1", "RowKey": "a", "Email": "a@b.uk", name: text}, "")
        )
        for name in BOOKING_CELLS
    },
}


@every_row("name", READERS)
def test_value_from_outside_is_looked_at_in_little_time(name: str) -> None:
    slow = [unit for unit, text in WORST.items() if not is_fast(lambda text=text: READERS[name](text))]  # type: ignore[misc]  # bound at once

    assert slow == []


@EVERY
def test_values_of_a_request_that_are_too_long_are_not_looked_at(text: str) -> None:
    req = request(path=text, origin=text)

    assert (query(req, "q"), route_value(req, "token"), token_of(req)) == ("", "", "")
    assert header(req, "origin") == text[:HEADER_LENGTH]
    assert is_cross_site(req, lambda: "https://support.example")


def test_values_of_a_request_up_to_their_length_are_read() -> None:
    req = request(path="a" * VALUE_LENGTH)

    assert query(req, "q") == route_value(req, "token") == "a" * VALUE_LENGTH
    assert query(req, "other") == route_value(req, "other") == header(req, "other") == ""


def test_json_has_no_more_members_than_a_form_has_fields() -> None:
    body = json.dumps({f"f{number}": 1 for number in range(101)}).encode()
    req = func.HttpRequest("POST", "https://support.example/", headers={"content-type": JSON}, body=body)

    with pytest.raises(MalformedBodyError):
        read_body(req)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ' + b"1" * 4_300 + b"}",
        b'{"a": [' + b"1" * 4_200 + (b", " + b"1" * 4_200) * 14 + b"]}",
        b'{"a": 0.' + b"1" * 65_000 + b"}",
        b'{"a": 1' + b"0" * 4_000 + b"e-4000}",
        b'{"a": -0.' + b"0" * 65_000 + b"1}",
        b"{" + b",".join(b'"f%d":1' % number for number in range(6_500)) + b"}",
        b"[" * 65_000,
        b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"a": "' + b"\\u0301" * 10_900 + b'"}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_json_of_any_shape_is_read_or_refused_in_little_time(body: bytes) -> None:
    assert len(body) <= SIZE
    for model in MODELS:
        assert is_fast(lambda model=model: validated(model, body, JSON))  # type: ignore[misc]  # bound at once


def test_a_message_that_no_queue_of_ours_holds_is_not_parsed() -> None:
    padding = " " * MAX_MESSAGE_BYTES
    assert read_mail(b'{"v": "1", "session": "s", "mail": "m"}') is not None
    assert read_mail(b'{"v": "1", "session": "s", "mail": "m"}' + padding.encode()) is None


@every_row(
    "model, field, said",
    [
        (BookingRequest, "full_name", "Name must be 100 characters or fewer"),
        (BookingRequest, "email", "Email address must be 254 characters or fewer"),
        (BookingRequest, "adjustments", "Adjustments must be 500 characters or fewer"),
        (MODELS[-2], "phone", "Phone number must be 40 characters or fewer"),
    ],
)
@EVERY
def test_length_is_the_first_thing_that_is_looked_at(model: type[BaseModel], field: str, said: str, text: str) -> None:
    body = {"contact_by": ["text"]} if field == "phone" else {}
    sent = fitting(f"a{text}", lambda value: json.dumps({**body, field: value}, ensure_ascii=False).encode())
    req = func.HttpRequest("POST", "https://support.example/", headers={"content-type": JSON}, body=sent)

    with pytest.raises(FormError) as caught:
        validate(model, read_body(req), {}, CONTEXT)
    assert said in [error.message for error in caught.value.errors]
