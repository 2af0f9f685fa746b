"""What people do at an installation, before a flow and in it: each act is one request that can be repeated."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import azure.functions as func

from functions.bookings.draft import FORM as BOOKING_FORM
from functions.forms.tokens import TOKEN, issue_token
from tests.builders import session_cells
from tests.e2e.canaries import CANARIES
from tests.integration.faults.installation import Installation

CAPACITY = 2
INSIDE, OUTSIDE = "nhs.net", "else.example"


def type_sessions(app: Installation) -> None:
    """An installation with nothing but two sessions of two places, far enough ahead that nothing is due by itself."""
    app.wipe()
    for session_id, day in (("s1", "2023-09-20"), ("s2", "2023-10-03")):
        app.storage.put("Sessions", session_cells(RowKey=session_id, Date=day, Capacity=CAPACITY))


def add_sessions(app: Installation) -> None:
    """The sessions, and a first run of the timer, which announces them and proves the key of referrals."""
    type_sessions(app)
    app.tick(minutes=1)


def edit(app: Installation, **changes: Any) -> None:
    """An administrator types into the row of the first session."""
    app.storage.put("Sessions", {"PartitionKey": "sessions", "RowKey": "s1", **changes})


def book(app: Installation, name: str, session_id: str = "s1", domain: str = INSIDE) -> func.HttpResponse:
    """A form that asks for a place or to wait; sent twice, it is the same form."""
    wanted = {
        "session_id": session_id,
        "full_name": name.title(),
        "email": f"{name}@{domain}",
        "works_here": "yes",
        "group_agreement": "yes",
        "join_waiting_list": "yes",
        "submission_id": f"form-of-{name}-for-{session_id}".ljust(20, "-"),
    }
    return app.post_json("book", wanted)


def book_and_read(app: Installation, *names: str, session_id: str = "s1", domain: str = INSIDE) -> None:
    """They book, and their emails arrive."""
    for name in names:
        assert book(app, name, session_id, domain).status_code == 201
        app.settle()


def form_for_both(app: Installation, name: str) -> dict[str, Any]:
    """The fields of one form for both sessions, as it is opened now."""
    submission = f"form-of-{name}-for-both-sessions"
    return {
        "session_id": ["s1", "s2"],
        "waits_for": ["s1", "s2"],
        "full_name": name.title(),
        "email": f"{name}@{INSIDE}",
        "works_here": "yes",
        "group_agreement": "yes",
        "submission_id": submission,
        TOKEN: issue_token(app.services.signer, BOOKING_FORM, submission, app.now),
    }


def manage_link(app: Installation, name: str, domain: str = INSIDE) -> str:
    return app.link("manage", f"{name}@{domain}")


def fields_of(page: func.HttpResponse, action: str) -> dict[str, str]:
    """The hidden fields of the form with this address; of the only form on the page if it is ""."""
    text = page.get_body().decode()
    [form] = re.findall(rf'<form method="post" action="[^"]*{action}".*?</form>', text, re.DOTALL)[:1]
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    }


def opened(app: Installation, form: str, action: str, **route: str) -> dict[str, str]:
    """The fields of a page that was opened three minutes ago."""
    fields = fields_of(app.get(form, **route), action)
    app.now += timedelta(minutes=3)
    return fields


# ---- Referrals ----


def refer(app: Installation, form: str = "one") -> func.HttpResponse:
    """A referral whose every answer would be noticed elsewhere; sent twice, it is the same form."""
    return app.post_json("refer", CANARIES | {"submission_id": f"referral-form-number-{form}"})


def refer_and_forward(app: Installation, form: str = "one") -> tuple[str, str]:
    """Returns the reference and the words; the provider has the email."""
    taken = _json(refer(app, form))
    app.settle()
    return taken["reference"], taken["words"]


def provider_link(app: Installation) -> str:
    """The token of the last link that was emailed to the provider, whichever page it leads to."""
    page = "acknowledge" if app.settings["REFERRAL_DELIVERY"] == "inline" else "collect"
    return app.link(page, app.settings["REFERRAL_RECIPIENT"])


def _json(answer: func.HttpResponse) -> dict[str, str]:
    assert answer.status_code == 201, answer.get_body()
    found: dict[str, str] = json.loads(answer.get_body())
    return found
