"""Sessions, people and requests with sensible defaults: a test names only what it is about."""

import tomllib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee, AttendeeState
from shared.bookings.model.session import Session, SessionState
from shared.bookings.places.request import BookingRequest
from shared.content.agreement import TO_BE_AGREED, agreed_part
from shared.content.content import Content, load_content
from shared.fields.answer_fields import TODAY
from shared.installation.facts import LONDON
from shared.mail.log_rows import MailLogEntry, MailState
from shared.referrals.intake.request import ReferralRequest, referral_model
from shared.referrals.model import Referral, ReferralState
from shared.reminder_offsets import parse_offsets

ROOT = Path(__file__).parents[1]
KEY = b"k" * 32
POLICY = AllocationPolicy(domains=("example.nhs.uk",))
MORNING = datetime(2023, 9, 1, 8, tzinfo=UTC)  # Friday 1 September 2023, 9am in London


def london(text: str) -> datetime:
    """The moment when clocks in London show "2023-09-08 15:00", in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@cache
def content() -> Content:
    return load_content(ROOT / "functions" / "content" / "mersey-care" / "en.toml")


@cache
def agreed_content() -> Content:
    """The example content once everybody has agreed to what is `to_be_agreed` in it."""
    said = tomllib.loads((ROOT / "functions" / "content" / "mersey-care" / "en.toml").read_text("utf-8"))
    return Content.model_validate(agreed_part(_agreed(said)))


def _agreed(value: Any) -> Any:
    if isinstance(value, list):
        return [_agreed(each) for each in value]
    if isinstance(value, dict):
        return {name: _agreed(each) for name, each in value.items() if name != TO_BE_AGREED}
    return value


@cache
def other_content() -> Content:
    """The copy of a trust and a provider that do not exist."""
    return load_content(ROOT / "tests" / "content" / "other-trust.toml")


def session_cells(**changes: Any) -> dict[str, Any]:
    """The cells of a session's row, as the loader writes them."""
    return {
        "PartitionKey": "sessions",
        "RowKey": "s1",
        "Date": "2023-09-08",
        "Time": "15:00",
        "Minutes": 75,
        "Capacity": 12,
        "Title": "Reflective practice",
        "Theme": "",
        "JoinUrl": "https://teams.example/join/1",
        "State": "open",
        "Reminders": "",
    } | changes


def session(**changes: Any) -> Session:
    facts: dict[str, Any] = {
        "id": "s1",
        "starts": london("2023-09-08 15:00"),
        "minutes": 75,
        "capacity": 12,
        "title": "Reflective practice",
        "theme": "",
        "join_url": "https://teams.example/join/1",
        "state": SessionState.OPEN,
        "reminders": parse_offsets("P1D,PT1H"),
    }
    return Session(**(facts | changes))


def attendee(**changes: Any) -> Attendee:
    facts: dict[str, Any] = {
        "key": "booking-a",
        "reference": "34679CDF",
        "state": AttendeeState.CONFIRMED,
        "name": "Zoë Okafor",
        "email": "zoe@example.nhs.uk",
        "adjustments": "",
        "share_adjustments": False,
        "reminders": True,
        "booked_at": MORNING,
        "generation": 1,
        "submission": "",
        "asked_again_at": None,
        "mail": "",
        "etag": "etag",
        "known_state": str(changes.get("state", AttendeeState.CONFIRMED)),
        "known_email": str(changes.get("email", "zoe@example.nhs.uk")),
    }
    return Attendee(**(facts | changes))


def entry(mail_id: str, state: MailState = MailState.SENT, **changes: Any) -> MailLogEntry:
    facts: dict[str, Any] = {"at": MORNING, "not_before": MORNING, "attempts": 1, "etag": "etag"}
    return MailLogEntry(mail_id, state, **(facts | changes))


def booking_request(**changes: Any) -> BookingRequest:
    facts: dict[str, Any] = {
        "session_id": "s1",
        "full_name": "Zoë Okafor",
        "email": "zoe@example.nhs.uk",
        "group_agreement": True,
    }
    return BookingRequest.model_validate(facts | changes)


def referral_request(**changes: Any) -> ReferralRequest:
    facts: dict[str, Any] = {
        "works_here": "yes",
        "full_name": "Zoë Okafor",
        "contact_by": ["email"],
        "email": "zoe@home.example",
        "therapy_language": "English",
        "what_brings_you": "A difficult year",
        "consent_share": True,
    }
    model = referral_model(content().one_to_one)
    return model.model_validate(facts | changes, context={TODAY: date(2023, 9, 1)})


def referral(**changes: Any) -> Referral:
    """Everything known of a referral without opening it."""
    facts: dict[str, Any] = {
        "reference": "34679CDF",
        "state": ReferralState.RECEIVED,
        "received_on": "2023-09-01",
        "consent_version": "2023-09-01",
        "submission": "",
    }
    return Referral(**(facts | changes))
