"""Each parser as it is called with a text from outside, and the errors with which it may refuse one."""

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote_plus

import azure.functions as func
from pydantic import BaseModel

from functions import queues
from functions.bookings import answers
from functions.delivery_reports import read_notify_report, read_report
from functions.forms.body import FORM, JSON, BodyError, read_body, read_form_value
from functions.forms.csrf import is_cross_site
from functions.forms.validation import FormError, validate
from functions.web.links import without_stuck_signs
from functions.web.opaque_tokens import OpaqueToken
from functions.web.private_pages import is_private
from local.opener.trial import _keys
from local.spreadsheet.sessions import read_spreadsheet
from local.stack.sessions_csv import SessionsFileError, read_sessions
from shared import base64url
from shared.backups.copies import Copy, CopyError, Manifest
from shared.backups.typed_rows import decode_row
from shared.bookings.emails.address_limit import mailbox_limits
from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.email_ids import MailId
from shared.bookings.model.errors import LinkUnknownError
from shared.bookings.model.pending_move import PendingMove
from shared.bookings.model.pending_release import PendingRelease
from shared.bookings.places.request import BookingRequest
from shared.bookings.self_service.details import DetailsRequest
from shared.bookings.tables.announced_cell import read_announced
from shared.bookings.tables.attendee_rows import read_attendee
from shared.bookings.tables.cells.attended import read_attended
from shared.bookings.tables.cells.dates import parse_day
from shared.bookings.tables.cells.links import parse_link
from shared.bookings.tables.cells.numbers import parse_number
from shared.bookings.tables.cells.times import parse_time
from shared.bookings.tables.session_rows import read_session_row
from shared.config.settings import Settings, SettingsError
from shared.content.content import ContentError, load_content
from shared.fields.answer_fields import TODAY
from shared.fields.day_in_parts import read_day
from shared.fields.email_address import read_email_address
from shared.fields.person_name import read_person_name
from shared.fields.phone_number import read_phone_number
from shared.fields.reading import ReadingError
from shared.local_time import WorkingDays
from shared.mail import share
from shared.mail.delivery import is_forgotten
from shared.mail.ledger import _sent_with
from shared.mail.log_rows import read_entry
from shared.mail.missing_reports import _operation_id
from shared.passphrase import PassphraseHash
from shared.references import read_reference, read_signs
from shared.referrals.days import add_days, days_since, working_days_since
from shared.referrals.delivery import sealed_tokens
from shared.referrals.delivery.release.batch_log import read_members
from shared.referrals.intake.request import pages_model, referral_model
from shared.referrals.referral_rows import read_index_entry, read_referral, read_sealed
from shared.referrals.reply_by import reply_by
from shared.referrals.repository import _operations
from shared.referrals.retention.passed_on import _quarter_of
from shared.referrals.withdrawal.own_words import read_words
from shared.referrals.withdrawal.word_back import WordBack
from shared.reminder_offsets import parse_offset, parse_offsets
from shared.signing import Signer
from shared.tables.once_a_day import Daily
from shared.tables.table import Row, parse_moment
from shared.timer.run_report import RunReport
from shared.yes_no import parse_yes_no
from tests import builders
from tests.fakes import FakeBlobs, FakeTable
from tests.unit.functions.test_app_roles import EVERYTHING

EVENT = "Microsoft.Communication.EmailDeliveryReportReceived"
OPERATION = "12345678-1234-5678-1234-567812345678"
MESSAGES = (queues.read_mail, queues.read_referral, queues.read_batch, queues.is_turn)
NOW = datetime(2023, 9, 1, 8, tzinfo=UTC)
TODAY_HERE = NOW.date()
SIGNER = Signer((b"k" * 32,))
CONTEXT = {TODAY: TODAY_HERE}
FORM_ASKED = builders.other_content().one_to_one
MODELS: tuple[type[BaseModel], ...] = (
    *(BookingRequest, DetailsRequest),
    *(referral_model(FORM_ASKED), pages_model(FORM_ASKED)),
)
SETTINGS = sorted(Settings.names())
SESSION_CELLS = [*builders.session_cells(), "Minutes", "Title", "Theme", "JoinUrl", "FeedbackUrl", "State", "Reminders"]
SESSION_CELLS += ["Announced", "Attended", "HoldEmails", "HeldSince", "Send", "Place", "Note", "Programme"]
BOOKING_CELLS = ["Name", "Email", "Adjustments", "State", "Reference", "Session", "Reminders", "Mail", "KnownEmail"]
BOOKING_CELLS += [
    "Releases",
    "Moving",
    "BookedAt",
    "Generation",
    "StateAt",
    "WaitingSince",
    "AddressSince",
    "SendAgain",
]
MAIL_CELLS = ["State", "At", "NotBefore", "Attempts", "Version", "ReportedAt", "LastError", "SentWith", "OperationId"]
REFERRAL_CELLS = ["State", "ReceivedOn", "SentOn", "DeliveredOn", "ErasedOn", "Attempts", "NotBefore", "WaitingSince"]
REFERRAL_CELLS += [
    "Held",
    "Hold",
    "DeletionOn",
    "Warned",
    "Epoch",
    "Alarms",
    "Kept",
    "Redriven",
    "WithdrawnOn",
    "OwnWords",
]


@dataclass(frozen=True, slots=True)
class Parser:
    """`read` takes a text from outside. It returns, or raises one of `refuses`; anything else is a fault."""

    read: Callable[[str], object]
    refuses: tuple[type[Exception], ...] = ()

    def fault(self, text: str) -> str:
        """The name of an error that is none of its own; "" if there is none."""
        try:
            self.read(text)
        except self.refuses:
            return ""
        except Exception as error:  # noqa: BLE001  # whatever it is, it would have been a failure for someone
            return type(error).__name__
        return ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _request(body: bytes = b"", **headers: str) -> func.HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest("POST", "https://support.example/x", headers=named, body=body)


def _at(path: str) -> func.HttpRequest:
    return func.HttpRequest("GET", f"https://support.example/{path}", body=b"")


def _json(text: str, *names: str) -> bytes:
    return json.dumps(dict.fromkeys(names, text)).encode()


def _validated(model: type[BaseModel], text: str) -> None:
    """Every field of the model with this text, and each by itself: as a form, as JSON, and as a list."""
    names = list(model.model_fields)
    for body, kind in (
        ("&".join(f"{name}={quote_plus(_bytes(text))}" for name in names).encode(), FORM),
        (_json(text, *names), JSON),
        (json.dumps({name: [text] for name in names}).encode(), JSON),
    ):
        try:
            validate(model, read_body(_request(body, content_type=kind)), {}, CONTEXT)
        except (BodyError, FormError):
            continue


def _each(read: Callable[[Row], object], cells: Collection[str], known: Mapping[str, Any] | None = None) -> Parser:
    """Reads a row with the text in one cell after the other."""
    keys: dict[str, Any] = {"PartitionKey": "s1", "RowKey": "a", **(known or {})}
    return Parser(lambda text: [read(Row(keys | {name: text}, "")) for name in cells])


def _row(cell: str, text: str) -> Row:
    return Row({"PartitionKey": "s1", "RowKey": "a", cell: text}, "")


def _file(read: Callable[[Path], object], suffix: str) -> Callable[[str], object]:
    def of_text(text: str) -> object:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"file{suffix}"
            path.write_bytes(_bytes(text))
            return read(path)

    return of_text


def _settings(text: str) -> None:
    """The text in every setting but the content file, and in that."""
    for given in (dict.fromkeys(SETTINGS, text) | KNOWN_CONTENT, EVERYTHING | {"CONTENT_FILE": text}):
        try:
            Settings.from_environment(given)
        except SettingsError:
            continue


def _decoded(text: str, kind: str) -> None:
    line = json.dumps({"PartitionKey": ["Edm.String", "a"], "RowKey": ["Edm.String", "b"], "A": [kind, text]})
    with suppress(ValueError):
        decode_row(line.encode())


def _decoded_of_every_kind(text: str) -> None:
    for kind in KINDS:
        _decoded(text, kind)


def _manifest(begun_at: str) -> Manifest:
    return Manifest(begun_at=begun_at, tables={})


def _copy(text: str) -> object:
    blobs = FakeBlobs()
    blobs.write("2023-09-01/complete.json", [_bytes(text)])
    return Copy.open(blobs, "2023-09-01").begun_at


CALENDAR = WorkingDays()
KINDS = [f"Edm.{name}" for name in ("String", "Boolean", "Int32", "Int64", "Double", "Binary", "Guid", "DateTime", "X")]
LINKS = ManageLinks(SIGNER, "https://a.example")
KNOWN_CONTENT = {"CONTENT_FILE": EVERYTHING["CONTENT_FILE"]} if "CONTENT_FILE" in EVERYTHING else {}
PARSERS: Mapping[str, Parser] = {
    # What anyone may send
    "body": Parser(lambda text: read_body(_request(_bytes(text), content_type=FORM)), (BodyError,)),
    "JSON body": Parser(lambda text: read_body(_request(_bytes(text), content_type=JSON)), (BodyError,)),
    "value of a form": Parser(
        lambda text: read_form_value(_request(_bytes(text), content_type=FORM), "x"), (BodyError,)
    ),
    "content type": Parser(lambda text: read_body(_request(b"a=b", content_type=text)), (BodyError,)),
    "origin": Parser(lambda text: is_cross_site(_request(origin=text, host=text), lambda: "https://a.example")),
    "address of a page": Parser(lambda text: (is_private(_at(text)), without_stuck_signs(_at(text))), (ValueError,)),
    **{f"model {model.__name__}": Parser(partial(_validated, model)) for model in MODELS},
    "answers": Parser(
        lambda text: answers.read_answers(
            read_body(_request(_json(text, "session_id", "full_name", "email"), content_type=JSON)), builders.POLICY
        ),
        (BodyError, FormError),
    ),
    "details": Parser(
        lambda text: answers.read_details(read_body(_request(_json(text, "full_name"), content_type=JSON))),
        (BodyError, FormError),
    ),
    "name": Parser(read_person_name, (ReadingError,)),
    "email address": Parser(read_email_address, (ReadingError,)),
    "phone number": Parser(read_phone_number, (ReadingError,)),
    "day in parts": Parser(lambda text: read_day(text, "Date of birth"), (ReadingError,)),
    "reference": Parser(read_reference),
    "signs": Parser(lambda text: read_signs(text, 8)),
    "three words": Parser(read_words),
    "word back": Parser(lambda text: (WordBack.read(text, text), WordBack.read("waiting", text))),
    "token": Parser(lambda text: SIGNER.parse_token("manage", text)),
    "sealed token": Parser(lambda text: sealed_tokens.read(SIGNER, "collect-referral", text)),
    "opaque token": Parser(lambda text: OpaqueToken("booked").read(SIGNER, text)),
    "link of a booking": Parser(LINKS.decode, (LinkUnknownError,)),
    "base64url": Parser(base64url.decode, (ValueError,)),
    "any base64": Parser(base64url.decode_any, (ValueError,)),
    # What the email services send
    "event": Parser(
        lambda text: [
            read_report(kind, {"messageId": OPERATION, "status": text, "deliveryAttemptTimeStamp": text, "x": text})
            for kind in (EVENT, text)
        ]
    ),
    "id of an event": Parser(lambda text: read_report(EVENT, {"messageId": text, "status": "Delivered"})),
    "report of Notify": Parser(lambda text: read_notify_report(_bytes(text)), (BodyError,)),
    "fields of a report of Notify": Parser(
        lambda text: read_notify_report(_json(text, "reference", "status")), (BodyError,)
    ),
    # Queues
    "message": Parser(lambda text: [read(_bytes(text)) for read in MESSAGES]),
    "fields of a message": Parser(
        lambda text: [read(_json(text, "session", "mail", "referral", "batch", "turn", "v")) for read in MESSAGES]
    ),
    # Cells that people may have typed
    "row of a session": _each(lambda row: read_session_row(row, ()), SESSION_CELLS, builders.session_cells()),
    "row of a booking": _each(read_attendee, BOOKING_CELLS, {"Email": "a@b.uk"}),
    "row of the email log": _each(lambda row: (read_entry(row), _operation_id(row), _sent_with(row)), MAIL_CELLS),
    "row of a referral": _each(lambda row: (read_referral(row), read_sealed(row)), REFERRAL_CELLS),
    "row of the email index": _each(
        lambda row: (read_index_entry(row), _operations(row)), ["Epoch", "Referral", "Batch"]
    ),
    "row of a batch": _each(read_members, ["Members"]),
    "attended": _each(lambda row: read_attended(row, 12), ["Attended"]),
    "count of emails": Parser(lambda text: share._counts(_row("Sent", text))),
    "emails of a mailbox": Parser(
        lambda text: (mailbox_limits._all_sent(_row("Sent", text)), mailbox_limits._waiting(_row("Waiting", text)))
    ),
    "report of the timer": _each(RunReport.read, ["LastOk", "FailedParts", "FailedSessions"], {"LastOk": "2023-09-01"}),
    "daily work": Parser(lambda text: Daily(FakeTable(), "a").steady({"a": _row("Day", text)}, NOW)),
    "announced": Parser(lambda text: read_announced("s1", text, ())),
    "day": Parser(parse_day, (ValueError,)),
    "time": Parser(parse_time, (ValueError,)),
    "number": Parser(lambda text: parse_number(text, 0, 100), (ValueError,)),
    "link": Parser(parse_link, (ValueError,)),
    "offset": Parser(parse_offset, (ValueError,)),
    "offsets": Parser(parse_offsets, (ValueError,)),
    "yes or no": Parser(parse_yes_no),
    "moment": Parser(parse_moment),
    "email id": Parser(MailId.parse),
    "move": Parser(PendingMove.parse),
    "release": Parser(PendingRelease.parse),
    "day of a referral": Parser(
        lambda text: (
            *(days_since(text, TODAY_HERE), working_days_since(text, TODAY_HERE, CALENDAR), add_days(text, 30)),
            *(reply_by(text, 5, CALENDAR), _quarter_of(text), is_forgotten(text, "2023-09-01", 3)),
        )
    ),
    # Files and settings
    "spreadsheet": Parser(_file(read_spreadsheet, ".xlsx"), (SessionsFileError,)),
    "CSV file": Parser(_file(read_sessions, ".csv"), (SessionsFileError,)),
    "cells of a CSV file": Parser(
        lambda text: _file(read_sessions, ".csv")(f"PartitionKey,RowKey,A,A@type\nsessions,s1,{text},Edm.Int64\n"),
        (SessionsFileError,),
    ),
    "content file": Parser(_file(load_content, ".toml"), (ContentError,)),
    "settings": Parser(_settings),
    "hash of a passphrase": Parser(PassphraseHash.parse, (ValueError,)),
    "public keys": Parser(_keys, (ValueError,)),
    "row of a copy": Parser(lambda text: decode_row(_bytes(text)), (ValueError,)),
    "cells of a copy": Parser(_decoded_of_every_kind),
    "copy": Parser(_copy, (CopyError,)),
    "moment of a copy": Parser(
        lambda text: Copy(FakeBlobs(), "2023-09-01", Manifest(begun_at=text, tables={})).begun_at
    ),
    "endpoint": Parser(lambda text: _settings(f"AccountName=a;AccountKey=AAAA;TableEndpoint={text}")),
}
