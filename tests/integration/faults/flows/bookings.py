"""What people do about their bookings, and the stages at which flows about bookings begin."""

from datetime import timedelta
from typing import Any

import azure.functions as func

from shared.bookings.model.email_ids import MailKind
from tests.integration.faults import people
from tests.integration.faults.flows.flow import Flow, attendee, is_emailed, post, state
from tests.integration.faults.installation import Facts, Installation, Prepare
from tests.integration.faults.people import OUTSIDE
from tests.promises import NOT_YET


def new_sessions(app: Installation) -> Facts:
    people.type_sessions(app)
    return {}


def sessions(app: Installation) -> Facts:
    people.add_sessions(app)
    return {}


def full(app: Installation) -> Facts:
    app.reach(sessions)
    people.book_and_read(app, "ann", "ben")
    return {}


def waiting(app: Installation) -> Facts:
    app.reach(full)
    people.book_and_read(app, "cem")
    return {}


def booked(app: Installation) -> Facts:
    app.reach(sessions)
    people.book_and_read(app, "ann")
    return {}


def outsider(app: Installation) -> Facts:
    """Someone whose address is not the trust's has the link by which to prove it, and its page open."""
    app.reach(sessions)
    people.book_and_read(app, "eve", domain=OUTSIDE)
    token = people.manage_link(app, "eve", OUTSIDE)
    return {"token": token, "fields": people.opened(app, "manage_booking", "/prove", token=token)}


def opened(form: str, action: str, before: Prepare = waiting, **answers: Any) -> Prepare:
    """A page at Ann's link that was opened a few minutes ago, filled in with `answers`."""

    def prepare(app: Installation) -> Facts:
        app.reach(before)
        token = people.manage_link(app, "ann")
        return {"token": token, "fields": people.opened(app, form, action, token=token) | answers}

    return prepare


def _form_for_both(name: str) -> Prepare:
    """A form for both sessions that was opened a minute ago; the first has no place left."""

    def prepare(app: Installation) -> Facts:
        app.reach(full)
        fields = people.form_for_both(app, name)
        app.now += timedelta(minutes=1)
        return {"fields": fields}

    return prepare


def _book_both(app: Installation, facts: Facts) -> func.HttpResponse:
    return app.post("book_several", facts["fields"])


to_cancel = opened("cancel_form", "/cancel")
to_move = opened("move_form", "/move", session_id="s2")

BOOKINGS = {
    "book": Flow("book", sessions, lambda app, _: people.book(app, "ann"), lambda t, _: state(t, "ann") == "confirmed"),
    "book before the timer has run": Flow(
        "book", new_sessions, lambda app, _: people.book(app, "ann"), lambda t, _: state(t, "ann") == "confirmed"
    ),
    "wait": Flow("book", full, lambda app, _: people.book(app, "cem"), lambda t, _: state(t, "cem") == "waiting"),
    "hold": Flow(
        "book", sessions, lambda app, _: people.book(app, "eve", domain=OUTSIDE), lambda t, _: bool(state(t, "eve"))
    ),
    "book several, one of them again": Flow(
        "book_several", _form_for_both("ann"), _book_both, lambda t, _: state(t, "ann", "s2") == "confirmed"
    ),
    "book several, and wait for one": Flow(
        "book_several",
        _form_for_both("dan"),
        _book_both,
        lambda t, _: (state(t, "dan"), state(t, "dan", "s2")) == ("waiting", "confirmed"),
    ),
    "cancel with promotion": Flow(
        "cancel_booking",
        to_cancel,
        post("cancel_booking"),
        lambda t, _: (
            (state(t, "ann"), state(t, "cem")) == ("cancelled", "confirmed")
            and is_emailed(t, "ann", MailKind.BOOKING_CANCELLED)
        ),
    ),
    "move": Flow(
        "move_booking",
        to_move,
        post("move_booking"),
        lambda t, _: (
            (state(t, "ann"), state(t, "ann", "s2"), state(t, "cem")) == ("cancelled", "confirmed", "confirmed")
        ),
    ),
    "change details": Flow(
        "change_details",
        opened("details_form", "/details", full_name="Zoe Other", reminders="no"),
        post("change_details"),
        lambda t, _: attendee(t, "ann").get("Name") == "Zoe Other",
    ),
    "set reminders": Flow(
        "set_reminders",
        opened("manage_booking", "/reminders", reminders="no"),
        post("set_reminders"),
        lambda t, _: attendee(t, "ann").get("Reminders") == "no",
    ),
    "prove an address": Flow(
        "prove_address",
        outsider,
        post("prove_address"),
        lambda t, _: attendee(t, "eve").get("ActedAt", NOT_YET) != NOT_YET,
    ),
}
