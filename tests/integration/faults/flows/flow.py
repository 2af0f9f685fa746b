"""The flows that may be interrupted: each is one call of a registered function, or of a command."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import azure.functions as func

from local.commands.restore import restore
from local.restore.account import Account
from local.stack import environment
from tests.integration.faults import people
from tests.integration.faults.installation import Facts, Installation, Prepare
from tests.integration.faults.people import CAPACITY, OUTSIDE
from tests.integration.faults.promises import NOT_YET
from tests.integration.faults.storage import Rows
from tests.integration.faults.transport import Fault, ProcessDiedError

type Tables = Mapping[str, Rows]


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow.

    `prepare` brings the installation to where it begins and returns what `act` needs; `act` can be repeated. `function`
    is the registered function that it calls; "" for a command. `is_done` tells by the tables if it took effect,
    and `goes_on` if it does so without anyone trying again.
    """

    function: str
    prepare: Prepare
    act: Callable[[Installation, Facts], func.HttpResponse | None]
    is_done: Callable[[Tables, Facts], bool]
    mail: str = "acs"
    delivery: str = "inline"
    goes_on: bool = True


def attendee(tables: Tables, name: str, session_id: str) -> Mapping[str, Any]:
    """The booking of that person in a session; empty if there is none."""
    found = [row for row in tables["Bookings"].values() if str(row.get("Email", "")).startswith(f"{name}@")]
    return next((row for row in found if row["PartitionKey"] == session_id), {})


def state(tables: Tables, name: str, session_id: str = "s1") -> str:
    return str(attendee(tables, name, session_id).get("State", ""))


def referral_state(tables: Tables) -> str:
    return next((str(row["State"]) for row in tables["Referrals"].values()), "")


def _is_emailed(tables: Tables, facts: Facts) -> bool:
    """True if the email that the message named is marked as sent."""
    session_id, mail_id = facts["session"], facts["mail"]
    return tables["MailLog"].get((session_id, mail_id), {}).get("State") in {"sent", "delivered"}


# ---- Booking ----


def _new_sessions(app: Installation) -> Facts:
    people.type_sessions(app)
    return {}


def _sessions(app: Installation) -> Facts:
    people.add_sessions(app)
    return {}


def _full(app: Installation) -> Facts:
    app.reach(_sessions)
    people.book_and_read(app, "ann", "ben")
    return {}


def _waiting(app: Installation) -> Facts:
    app.reach(_full)
    people.book_and_read(app, "cem")
    return {}


def _booked(app: Installation) -> Facts:
    app.reach(_sessions)
    people.book_and_read(app, "ann")
    return {}


def _opened(form: str, action: str, before: Callable[[Installation], Facts] = _waiting, **answers: str) -> Any:
    """Prepares a page at Ann's link that was opened a few minutes ago, filled in with `answers`."""

    def prepare(app: Installation) -> Facts:
        app.reach(before)
        token = people.manage_link(app, "ann")
        return {"token": token, "fields": people.opened(app, form, action, token=token) | answers}

    return prepare


def _outsider(app: Installation) -> Facts:
    app.reach(_sessions)
    people.book_and_read(app, "eve", domain=OUTSIDE)
    token = people.manage_link(app, "eve", OUTSIDE)
    return {"token": token, "fields": people.opened(app, "manage_booking", "/prove", token=token)}


def _post(function: str) -> Callable[[Installation, Facts], func.HttpResponse]:
    return lambda app, facts: app.post(function, facts["fields"], token=facts["token"])


_to_move = _opened("move_form", "/move", session_id="s2")

BOOKINGS = {
    "book": Flow(
        "book", _sessions, lambda app, _: people.book(app, "ann"), lambda t, _: state(t, "ann") == "confirmed"
    ),
    "book before the timer has run": Flow(
        "book",
        _new_sessions,
        lambda app, _: people.book(app, "ann"),
        lambda t, _: state(t, "ann") == "confirmed",
    ),
    "wait": Flow("book", _full, lambda app, _: people.book(app, "cem"), lambda t, _: state(t, "cem") == "waiting"),
    "hold": Flow(
        "book", _sessions, lambda app, _: people.book(app, "eve", domain=OUTSIDE), lambda t, _: bool(state(t, "eve"))
    ),
    "book several": Flow(
        "book_several", _full, lambda app, _: people.several(app), lambda t, _: state(t, "ann", "s2") == "confirmed"
    ),
    "cancel with promotion": Flow(
        "cancel_booking",
        _opened("cancel_form", "/cancel"),
        _post("cancel_booking"),
        lambda t, _: (state(t, "ann"), state(t, "cem")) == ("cancelled", "confirmed"),
    ),
    "move": Flow(
        "move_booking",
        _to_move,
        _post("move_booking"),
        lambda t, _: (
            (state(t, "ann"), state(t, "ann", "s2"), state(t, "cem")) == ("cancelled", "confirmed", "confirmed")
        ),
    ),
    "change details": Flow(
        "change_details",
        _opened("details_form", "/details", full_name="Zoe Other", reminders="no"),
        _post("change_details"),
        lambda t, _: attendee(t, "ann", "s1").get("Name") == "Zoe Other",
    ),
    "set reminders": Flow(
        "set_reminders",
        _opened("manage_booking", "/reminders", reminders="no"),
        _post("set_reminders"),
        lambda t, _: attendee(t, "ann", "s1").get("Reminders") == "no",
    ),
    "prove an address": Flow(
        "prove_address",
        _outsider,
        _post("prove_address"),
        lambda t, _: attendee(t, "eve", "s1").get("ActedAt", NOT_YET) != NOT_YET,
    ),
}


# ---- Emails ----


def _named(before: Callable[[Installation], object]) -> Callable[[Installation], Facts]:
    """The first message that was queued and not yet delivered, as facts."""

    def prepare(app: Installation) -> Facts:
        before(app)
        return dict(json.loads(app.queue[0].body))

    return prepare


def _confirmation(app: Installation) -> None:
    app.reach(_sessions)
    people.book(app, "ann")


def _place_on_the_list(app: Installation) -> None:
    app.reach(_full)
    people.book(app, "cem")


def _cancelled(app: Installation) -> None:
    facts = _opened("cancel_form", "/cancel")(app)
    app.post("cancel_booking", facts["fields"], token=facts["token"])


def _asked_again(app: Installation) -> None:
    app.reach(_booked)
    app.now += timedelta(hours=2)
    app.post_json(
        "book",
        {"session_id": "s1", "full_name": "Ann", "email": "ann@nhs.net", "works_here": "yes", "group_agreement": "yes"},
    )


def _to_prove(app: Installation) -> None:
    app.reach(_sessions)
    people.book(app, "eve", domain=OUTSIDE)


def _reminder(app: Installation) -> None:
    app.reach(_booked)
    app.now += timedelta(days=18)
    app.now = app.now.replace(hour=14, minute=5)
    app.run_timer()


def _announced(**changes: Any) -> Callable[[Installation], None]:
    def prepare(app: Installation) -> None:
        app.reach(_booked)
        people.edit(app, **changes)
        app.tick(minutes=5)
        app.now += timedelta(minutes=16)
        app.run_timer()

    return prepare


def _deliver(app: Installation, _: Facts) -> None:
    if app.queue:
        app.deliver_next()


DELIVERY = {"acs": "inline", "notify": "link"}  # no answers are emailed through GOV.UK Notify


def _emails(mail: str) -> dict[str, Flow]:
    stories: dict[str, Callable[[Installation], object]] = {
        "confirmation": _confirmation,
        "place on the list": _place_on_the_list,
        "cancellation": _cancelled,
        "asked again": _asked_again,
        "address to prove": _to_prove,
        "reminder": _reminder,
        "update": _announced(Time="16:00"),
        "cancelled session": _announced(State="cancelled"),
    }
    return {
        f"email: {name}, {mail}": Flow(
            "send_mail", _named(story), _deliver, _is_emailed, mail=mail, delivery=DELIVERY[mail]
        )
        for name, story in stories.items()
    }


# ---- The timer, by what it finds to do ----


def _run_timer(app: Installation, _: Facts) -> None:
    app.run_timer()


def _typed(**changes: Any) -> Callable[[Installation], Facts]:
    def prepare(app: Installation) -> Facts:
        app.reach(_waiting)
        people.edit(app, **changes)
        app.tick(minutes=5)
        app.now += timedelta(minutes=16)
        return {}

    return prepare


def _raised(app: Installation) -> Facts:
    app.reach(_waiting)
    people.edit(app, Capacity=CAPACITY + 1)
    app.now += timedelta(minutes=5)
    return {}


def _later(before: Callable[[Installation], Facts], **time: float) -> Callable[[Installation], Facts]:
    def prepare(app: Installation) -> Facts:
        facts = app.reach(before)
        app.now += timedelta(**time)
        return facts

    return prepare


def _steadily(before: Prepare, days: int) -> Prepare:
    """Lets days pass, and the timer run on three in a row at their end: nothing is deleted right after a jump."""

    def prepare(app: Installation) -> Facts:
        facts = app.reach(before)
        for each in (days, 1, 1):
            app.tick(days=each)
        app.now += timedelta(days=1)
        return facts

    return prepare


def _reminders_due(app: Installation) -> Facts:
    app.reach(_booked)
    app.now = app.now.replace(day=19, hour=14, minute=5)
    return {}


def _interrupted_move(app: Installation) -> Facts:
    """A move whose process died at its last write, with which the old place is given up."""
    for at in (None, -1):
        facts, network = app.reach(_to_move), app.network
        writes = [number for number, (method, _) in enumerate(network.requests) if method != "GET"]
        network.requests.clear()
        network.at, network.fault = (writes[at] if at else None), Fault.CRASH_BEFORE
        with suppress(ProcessDiedError), network.armed():
            _post("move_booking")(app, facts)
    app.restart()
    app.now += timedelta(minutes=5)
    return {}


TIMER = {
    "timer: first run": Flow(
        "schedule",
        _new_sessions,
        _run_timer,
        lambda t, _: bool(t["Service"]),
    ),
    "timer: announce": Flow(
        "schedule",
        _typed(Time="16:00"),
        _run_timer,
        lambda t, _: "4pm" in str(t["Sessions"][("sessions", "s1")]["Starts"]),
    ),
    "timer: cancelled session": Flow(
        "schedule", _typed(State="cancelled"), _run_timer, lambda t, _: not t["Sessions"][("sessions", "s1")]["Notice"]
    ),
    "timer: give places": Flow("schedule", _raised, _run_timer, lambda t, _: state(t, "cem") == "confirmed"),
    "timer: reminders": Flow(
        "schedule", _reminders_due, _run_timer, lambda t, _: any("-reminder-" in key for _, key in t["MailLog"])
    ),
    "timer: finish a move": Flow(
        "schedule",
        _interrupted_move,
        _run_timer,
        lambda t, _: (state(t, "ann"), state(t, "ann", "s2")) == ("cancelled", "confirmed"),
    ),
    "timer: retention and numbers": Flow(
        "schedule", _steadily(_booked, 150), _run_timer, lambda t, _: not state(t, "ann")
    ),
}


# ---- Referrals ----


def _referred(app: Installation) -> Facts:
    app.reach(_sessions)
    people.refer(app)
    return {}


def _forwarded(app: Installation) -> Facts:
    app.reach(_sessions)
    reference, words = people.refer_and_forward(app)
    return {"reference": reference, "words": words}


def _is_forwarded(tables: Tables, _: Facts) -> bool:
    return referral_state(tables) in {"sent", "delivered"}


def _to_acknowledge(app: Installation) -> Facts:
    facts = app.reach(_forwarded)
    token = people.acknowledge_link(app)
    app.now += timedelta(minutes=3)
    return facts | {
        "token": token,
        "fields": people.opened(app, "acknowledge_form", "", token=token) | {"saved": "yes"},
    }


def _acknowledged(app: Installation) -> Facts:
    facts = app.reach(_to_acknowledge)
    assert app.post("acknowledge", facts["fields"], token=facts["token"]).status_code == 303
    return facts


def _to_keep(app: Installation) -> Facts:
    facts = app.reach(_acknowledged)
    page = app.get("acknowledge_form", token=facts["token"])
    app.now += timedelta(minutes=3)
    [keep] = re.findall(r'name="form_token" value="([^"]*)"', page.get_body().decode())[:1]
    return facts | {"fields": {"act": "keep", "form_token": keep}}


def _to_withdraw(app: Installation) -> Facts:
    facts = app.reach(_forwarded)
    fields = {"reference": facts["reference"], "words": facts["words"]}
    fields |= people.opened(app, "withdraw_form", "")
    page = app.post("withdraw", fields)
    hidden = people.fields_of(page, "")
    app.now += timedelta(minutes=1)
    return facts | {"fields": fields, "withdraw": hidden | {"act": "withdraw"}}


def _to_collect(app: Installation) -> Facts:
    facts = app.reach(_forwarded)
    token = people.collect_link(app)
    fields = people.opened(app, "collect", "", token=token) | {"passphrase": environment.PASSPHRASE}
    return facts | {"token": token, "fields": fields}


def _to_confirm_collected(app: Installation) -> Facts:
    facts = app.reach(_to_collect)
    page = app.post("collect", facts["fields"], token=facts["token"], act="")
    return facts | {"opened": people.fields_of(page, "/acknowledge")}


def _reported(status: str) -> Callable[[Installation, Facts], None]:
    def act(app: Installation, _: Facts) -> None:
        app.report(status, app.emails()[-1]["operationId"])

    return act


def _reported_by_notify(app: Installation, _: Facts) -> func.HttpResponse:
    report = {"reference": app.emails()[-1]["operationId"], "status": "delivered"}
    token = app.settings["NOTIFY_CALLBACK_TOKEN"]
    return app.request("notify_report", "POST", {}, json.dumps(report).encode(), is_json=True, bearer=token)


REFERRALS = {
    "refer": Flow("refer", _sessions, lambda app, _: people.refer(app), lambda t, _: bool(t["SealedReferrals"])),
    **{
        f"forward: {delivery}, {mail}": Flow(
            "forward_referral", _referred, _deliver, _is_forwarded, mail=mail, delivery=delivery
        )
        for mail, delivery in (("acs", "inline"), ("acs", "link"), ("notify", "link"))
    },
    "report: referral delivered": Flow(
        "delivery_report", _forwarded, _reported("Delivered"), lambda t, _: referral_state(t) == "delivered"
    ),
    "report: referral bounced": Flow(
        "delivery_report", _forwarded, _reported("Bounced"), lambda t, _: referral_state(t) == "attention"
    ),
    "report: booking bounced": Flow(
        "delivery_report",
        _booked,
        _reported("Bounced"),
        lambda t, _: any(row["State"] == "bounced" for row in t["MailLog"].values()),
    ),
    "report: booking delivered, notify": Flow(
        "notify_report",
        _booked,
        _reported_by_notify,
        lambda t, _: any(row["State"] == "delivered" for row in t["MailLog"].values()),
        mail="notify",
        delivery="link",
    ),
    "acknowledge": Flow(
        "acknowledge", _to_acknowledge, _post("acknowledge"), lambda t, _: referral_state(t) == "acknowledged"
    ),
    "keep": Flow("acknowledge", _to_keep, _post("acknowledge"), lambda t, _: referral_state(t) != "acknowledged"),
    "collect: open": Flow(
        "collect",
        _to_collect,
        lambda app, facts: app.post("collect", facts["fields"], token=facts["token"], act=""),
        lambda t, _: any(row.get("OpenedOn") for row in t["Referrals"].values()),
        delivery="link",
    ),
    "collect: acknowledge": Flow(
        "collect",
        _to_confirm_collected,
        lambda app, facts: app.post("collect", facts["opened"], token=facts["token"], act="acknowledge"),
        lambda t, _: referral_state(t) == "acknowledged",
        delivery="link",
    ),
    "withdraw": Flow(
        "withdraw",
        _to_withdraw,
        lambda app, facts: app.post("withdraw", facts["withdraw"]),
        lambda t, _: referral_state(t) == "withdrawn" and not t["SealedReferrals"],
    ),
    "timer: forward": Flow("schedule", _later(_referred, minutes=15), _run_timer, _is_forwarded),
    "timer: remind the provider": Flow(
        "schedule", _later(_forwarded, days=6), _run_timer, lambda t, _: bool(t["ReferralService"])
    ),
    "timer: erase": Flow("schedule", _steadily(_acknowledged, 16), _run_timer, lambda t, _: not t["SealedReferrals"]),
}


# ---- Failures, copies ----


def _poison(function: str) -> Callable[[Installation, Facts], None]:
    def act(app: Installation, _: Facts) -> None:
        app.deliver(app.queue[0], function)

    return act


def _lost(app: Installation) -> Facts:
    app.reach(_waiting)
    app.run_timer("back_up")
    tables = app.storage.read()
    for partition, key in tables["Bookings"]:
        app.storage.delete("Bookings", partition, key)
    app.now += timedelta(minutes=5)
    return {}


def _restore(app: Installation, _: Facts) -> None:
    restore(Account.of(app.settings["BOOKINGS_STORAGE"], lambda: app.now), "2023-09-01", write=True)


def _is_copied(tables: Tables, _: Facts) -> bool:
    return sum(name.endswith("/complete.json") for _, name in tables["copies"]) == len(("bookings", "referrals"))


REST = {
    "poison: email": Flow("mail_failed", _named(_confirmation), _poison("mail_failed"), _is_emailed),
    "poison: referral": Flow("referral_failed", _referred, _poison("referral_failed"), _is_forwarded),
    "back up": Flow("back_up", _waiting, lambda app, _: app.run_timer("back_up"), _is_copied, goes_on=False),
    "restore": Flow("", _lost, _restore, lambda t, _: state(t, "cem") == "waiting", goes_on=False),
}

FLOWS: Mapping[str, Flow] = {**BOOKINGS, **_emails("acs"), **_emails("notify"), **TIMER, **REFERRALS, **REST}
