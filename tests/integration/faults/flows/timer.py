"""Runs of the timer, by what they find to do about bookings, and the emails to staff that they send."""

from contextlib import suppress
from datetime import timedelta

from shared.bookings.model.email_ids import MailKind
from tests.builders import session_cells
from tests.integration.faults import people
from tests.integration.faults.flows import bookings
from tests.integration.faults.flows.attendee_emails import DELIVERY, typed
from tests.integration.faults.flows.flow import (
    Flow,
    Tables,
    at,
    attendee,
    is_emailed,
    is_noticed,
    later,
    post,
    run_timer,
    session,
    state,
    steadily,
)
from tests.integration.faults.installation import Facts, Installation
from tests.integration.faults.people import CAPACITY
from tests.integration.faults.transport import Fault, ProcessDiedError


def _raised(app: Installation) -> Facts:
    app.reach(bookings.waiting)
    people.edit(app, Capacity=CAPACITY + 1)
    app.now += timedelta(minutes=5)
    return {}


def _interrupted_move(app: Installation) -> Facts:
    """A move whose process died at its last write, with which the old place is given up."""
    for number in (None, -1):
        facts, network = app.reach(bookings.to_move), app.network
        writes = [at for at, (method, _) in enumerate(network.requests) if method != "GET"]
        network.requests.clear()
        network.at, network.fault = (writes[number] if number else None), Fault.CRASH_BEFORE
        with suppress(ProcessDiedError), network.armed():
            post("move_booking")(app, facts)
    app.restart()
    app.now += timedelta(minutes=5)
    return {}


def _asked_to_send_again(app: Installation) -> Facts:
    app.reach(bookings.booked)
    app.now += timedelta(hours=2)
    [ann] = [row for row in app.storage.read()["Bookings"].values() if str(row.get("Email")) == "ann@nhs.net"]
    app.storage.put("Bookings", {**ann, "SendAgain": "yes"})
    return {}


def _is_sent_again(tables: Tables, _: Facts) -> bool:
    """True if Ann has her confirmation twice, under two ids, and the cell asks for nothing any more."""
    ann, has_it = attendee(tables, "ann"), [row for row in tables["MailLog"].values() if row["State"] == "sent"]
    confirmations = [row for row in has_it if f"{ann['RowKey']}-1-confirmation" in str(row["RowKey"])]
    return len(confirmations) == 2 and not ann.get("SendAgain")


def _held(app: Installation) -> Facts:
    """An administrator holds the emails of the session, and moves it."""
    app.reach(bookings.waiting)
    people.edit(app, HoldEmails="yes", Time="16:00")
    app.tick(minutes=5)
    app.now += timedelta(minutes=30)
    return {}


def _let_go(app: Installation) -> Facts:
    app.reach(_held)
    app.run_timer()
    people.edit(app, HoldEmails="")
    app.now += timedelta(minutes=5)
    app.run_timer()
    app.now += timedelta(minutes=16)
    return {}


def _attended(app: Installation) -> Facts:
    """The session is over, and an administrator has typed how many came."""
    app.reach(bookings.booked)
    app.now = app.now.replace(day=20, hour=15, minute=20)
    app.tick()
    people.edit(app, Attended=1)
    app.now += timedelta(minutes=5)
    return {}


def _are_updated(tables: Tables, *names: str) -> bool:
    return all(is_emailed(tables, each, MailKind.UPDATED) for each in names)


def _before_the_session(app: Installation) -> Facts:
    """The day before, the organiser and the facilitators are owed emails, and one row of a session cannot be read."""
    app.reach(bookings.waiting)
    app.storage.put("Sessions", session_cells(RowKey="s9", Date="2023-10-20", Time="late"))
    app.now = app.now.replace(day=19, hour=14, minute=5)
    return {}


def _are_staff_told(tables: Tables, _: Facts) -> bool:
    about = ("organiser-list-", "facilitators-")
    told = all(is_noticed(tables, "s1", each) for each in about)
    return told and is_noticed(tables, "organiser", "")


TIMER = {
    "timer: first run": Flow("schedule", bookings.new_sessions, run_timer, lambda t, _: bool(t["Service"])),
    "timer: announce": Flow(
        "schedule",
        later(typed(bookings.waiting, Time="16:00", Note="Use the side door"), minutes=16),
        run_timer,
        lambda t, _: "4pm" in str(session(t)["Starts"]) and _are_updated(t, "ann", "ben"),
    ),
    "timer: cancelled session": Flow(
        "schedule",
        later(typed(bookings.waiting, State="cancelled"), minutes=16),
        run_timer,
        lambda t, _: all(is_emailed(t, each, MailKind.SESSION_CANCELLED) for each in ("ann", "ben", "cem")),
    ),
    "timer: hold emails": Flow(
        "schedule", _held, run_timer, lambda t, _: bool(session(t)["HeldSince"]) and not _are_updated(t, "ann")
    ),
    "timer: hold emails no longer": Flow(
        "schedule", _let_go, run_timer, lambda t, _: not session(t)["HeldSince"] and _are_updated(t, "ann", "ben")
    ),
    "timer: give places": Flow("schedule", _raised, run_timer, lambda t, _: state(t, "cem") == "confirmed"),
    "timer: reminders": Flow(
        "schedule", at(bookings.booked, 19, 14, 5), run_timer, lambda t, _: is_emailed(t, "ann", MailKind.REMINDER)
    ),
    "timer: send again": Flow("schedule", _asked_to_send_again, run_timer, _is_sent_again, copies=2),
    "timer: finish a move": Flow(
        "schedule",
        _interrupted_move,
        run_timer,
        lambda t, _: (state(t, "ann"), state(t, "ann", "s2")) == ("cancelled", "confirmed"),
    ),
    "timer: attendance": Flow(
        "schedule", _attended, run_timer, lambda t, _: str(session(t)["Notice"]).startswith("1 person attended")
    ),
    "timer: numbers": Flow(
        "schedule",
        later(_attended, days=12),
        run_timer,
        lambda t, _: {"2023-07", "2023-09"} <= {key for _, key in t["Numbers"]},
    ),
    "timer: retention": Flow("schedule", steadily(bookings.booked, 150), run_timer, lambda t, _: not state(t, "ann")),
    **{
        f"timer: emails to staff, {mail}": Flow(
            "schedule",
            _before_the_session,
            run_timer,
            _are_staff_told,
            mail=mail,
            delivery=delivery,
            emails=frozenset({"organiser", "organiser-list", "facilitators"}),
        )
        for mail, delivery in DELIVERY.items()
    },
}
