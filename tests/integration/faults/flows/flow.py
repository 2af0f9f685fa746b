"""One flow that may be interrupted, and what flows have in common: how time passes, acts, and what the tables show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import azure.functions as func

from shared.bookings.model.email_ids import MailId, MailKind
from tests.integration.faults.installation import Facts, Installation, Prepare
from tests.promises import Rows

type Tables = Mapping[str, Rows]
type Act = Callable[[Installation, Facts], func.HttpResponse | None]
type IsDone = Callable[[Tables, Facts], bool]

HAS_IT = frozenset({"sent", "delivered"})
"""The states of an email that the email service has."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow.

    `prepare` brings the installation to where it begins and returns what `act` needs; `act` can be repeated. `function`
    is the registered function that it calls; "" for a command. `is_done` tells by the tables if it took effect,
    and `goes_on` if it does so without anyone trying again. `emails` are the templates of the emails that it sends, and
    `copies` how often someone may get the same text: twice where it is wanted again.
    """

    function: str
    prepare: Prepare
    act: Act
    is_done: IsDone
    mail: str = "acs"
    delivery: str = "inline"
    goes_on: bool = True
    emails: frozenset[str] = frozenset()
    copies: int = 1


def later(before: Prepare, **time: float) -> Prepare:
    """Lets time pass in which nothing runs."""

    def prepare(app: Installation) -> Facts:
        facts = app.reach(before)
        app.now += timedelta(**time)
        return facts

    return prepare


def at(before: Prepare, day: int, hour: int, minute: int) -> Prepare:
    """Lets time pass until that time (UTC) of September in which nothing runs."""

    def prepare(app: Installation) -> Facts:
        facts = app.reach(before)
        app.now = app.now.replace(day=day, hour=hour, minute=minute)
        return facts

    return prepare


def steadily(before: Prepare, days: int) -> Prepare:
    """Lets days pass, and the timer run on three in a row at their end: nothing is deleted right after a jump."""

    def prepare(app: Installation) -> Facts:
        facts = app.reach(before)
        for each in (days, 1, 1):
            app.tick(days=each)
        app.now += timedelta(days=1)
        return facts

    return prepare


def deliver(app: Installation, _: Facts) -> None:
    """The host delivers the message at the head of the queue."""
    if app.queue:
        app.deliver_next()


def run_timer(app: Installation, _: Facts) -> None:
    app.run_timer()


def post(function: str, **route: str) -> Callable[[Installation, Facts], func.HttpResponse]:
    """Sends the form whose fields are in the facts, to the link whose token is there."""

    def act(app: Installation, facts: Facts) -> func.HttpResponse:
        return app.post(function, facts["fields"], token=facts["token"], **route)

    return act


def attendee(tables: Tables, name: str, session_id: str = "s1") -> Mapping[str, Any]:
    """The booking of that person in a session; empty if there is none."""
    found = [row for row in tables["Bookings"].values() if str(row.get("Email", "")).startswith(f"{name}@")]
    return next((row for row in found if row["PartitionKey"] == session_id), {})


def state(tables: Tables, name: str, session_id: str = "s1") -> str:
    return str(attendee(tables, name, session_id).get("State", ""))


def session(tables: Tables) -> Mapping[str, Any]:
    return tables["Sessions"]["sessions", "s1"]


def referral(tables: Tables) -> Mapping[str, Any]:
    """The status of the first referral; empty if there is none."""
    return next(iter(tables["Referrals"].values()), {})


def referral_state(tables: Tables) -> str:
    return str(referral(tables).get("State", ""))


def is_emailed(tables: Tables, name: str, kind: MailKind, session_id: str = "s1") -> bool:
    """True if the email service has an email of that kind to that person, about any generation or version."""
    key = attendee(tables, name, session_id).get("RowKey")
    rows = tables["MailLog"].items()
    found = (row for (of, mail_id), row in rows if of == session_id and _is(mail_id, str(key), kind))
    return any(row["State"] in HAS_IT for row in found)


def _is(mail_id: str, key: str, kind: MailKind) -> bool:
    read = MailId.parse(mail_id)
    return read is not None and (read.attendee, read.kind) == (key, kind)


def is_noticed(tables: Tables, partition: str, part: str, table: str = "MailLog") -> bool:
    """True if the email service has an email of that partition of a log whose id has that part."""
    rows = tables[table].items()
    return any(of == partition and part in key and row["State"] in HAS_IT for (of, key), row in rows)
