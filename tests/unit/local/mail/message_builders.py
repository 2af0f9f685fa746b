"""Builders of messages for the email API."""

import base64
from typing import Any

SENDER = "no-reply@trust.test"
ACCESS_KEY = base64.b64encode(b"a key of thirty-two bytes, quite").decode()


def a_message(**changes: Any) -> dict[str, Any]:
    """A valid message; `changes` replace whole properties, None takes one away."""
    message = {
        "senderAddress": SENDER,
        "content": {"subject": "Your place is booked", "plainText": "See you on Friday.", "html": "<p>See you.</p>"},
        "recipients": {"to": [{"address": "ada@staff.test"}]},
    }
    return {name: value for name, value in (message | changes).items() if value is not None}


def to(*addresses: str) -> dict[str, Any]:
    return {"to": [{"address": address} for address in addresses]}


def a_file(**changes: Any) -> dict[str, Any]:
    content = base64.b64encode(b"BEGIN:VCALENDAR").decode()
    return {"name": "session.ics", "contentType": "text/calendar", "contentInBase64": content, **changes}


NOTIFY_KEY = "tests-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
NOTIFY_TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
