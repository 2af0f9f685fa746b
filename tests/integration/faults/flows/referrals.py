"""Referrals: taken, forwarded in each way and by each email service, reported on, followed up, and withdrawn."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import azure.functions as func

from functions.queues import batch_message
from local.restore.account import Account
from shared import base64url
from shared.referrals.delivery.release.batch_log import BatchLog
from shared.referrals.delivery.smoke_test import signed_marker
from shared.referrals.intake.fixed_answers import fixed_answers
from shared.referrals.referral_rows import PARTITION, read_referral
from shared.signing import Signer
from tests import builders
from tests.integration.faults import people
from tests.integration.faults.flows import bookings
from tests.integration.faults.flows.attendee_emails import DELIVERY
from tests.integration.faults.flows.flow import (
    HAS_IT,
    Act,
    Flow,
    IsDone,
    Tables,
    deliver,
    is_noticed,
    later,
    referral,
    referral_state,
    run_timer,
    steadily,
)
from tests.integration.faults.installation import Facts, Installation, Message, Prepare

WAYS = {
    ("acs", "inline"): "referral",
    ("acs", "link"): "referral-link",
    ("acs", "sealed"): "referral-sealed",
    ("notify", "link"): "referral-link",
    ("notify", "sealed"): "referral-sealed",
}
"""The ways in which a referral goes to the provider, by email service and delivery, and the template of its email."""


REMINDED_AFTER = 5
"""Days after a Friday on which the provider is reminded: on a Wednesday. What fails then is done on the Thursday."""


def referred(app: Installation) -> Facts:
    app.reach(bookings.sessions)
    people.refer(app)
    return {}


def forwarded(app: Installation) -> Facts:
    app.reach(bookings.sessions)
    reference, words = people.refer_and_forward(app)
    return {"reference": reference, "words": words}


def two_forwarded(app: Installation) -> Facts:
    facts = app.reach(forwarded)
    people.refer_and_forward(app, "another")
    return facts


def is_forwarded(tables: Tables, _: Facts) -> bool:
    return referral_state(tables) in HAS_IT


def _of_a_test(app: Installation) -> Facts:
    """A made-up referral, of which the operators are told."""
    app.reach(bookings.sessions)
    key = Signer((base64url.decode(app.settings["SMOKE_KEY"]),))
    answers = fixed_answers(builders.content().one_to_one) | {"marker": signed_marker(key)}
    assert app.post_json("refer", answers).status_code == 201
    return {}


def _is_told(state: str) -> bool:
    """True if the operators were told of a test, or the provider: with the vault down nobody knows that it is one."""
    return state == "acknowledged" or state in HAS_IT


def _in_a_batch(app: Installation) -> Facts:
    """The timer has named two referrals for one email."""
    app.reach(bookings.sessions)
    people.refer(app)
    people.refer(app, "another")
    tables = Account.of(app.settings["REFERRALS_STORAGE"], lambda: app.now).tables
    both = [read_referral(row) for row in tables("Referrals").query(PartitionKey=PARTITION)]
    app.queue.clear()
    app.queue.append(Message("referrals", batch_message(BatchLog(tables("ReferralService")).insert(both, app.now))))
    return {}


def _are_both_forwarded(tables: Tables, _: Facts) -> bool:
    return [str(row["State"]) in HAS_IT for row in tables["Referrals"].values()] == [True, True]


def _last_operation(app: Installation) -> str:
    return str(app.emails()[-1]["operationId"])


def _reported(status: str) -> Callable[[Installation, Facts], None]:
    return lambda app, _: app.report(status, _last_operation(app))


def reported_by_notify(status: str) -> Callable[[Installation, Facts], func.HttpResponse]:
    def act(app: Installation, _: Facts) -> func.HttpResponse:
        report = json.dumps({"reference": _last_operation(app), "status": status})
        token = app.settings["NOTIFY_CALLBACK_TOKEN"]
        return app.request("notify_report", "POST", {}, report.encode(), is_json=True, bearer=token)

    return act


def _came_back(app: Installation) -> Facts:
    """The email about a referral came back, so that a person has to look."""
    facts = app.reach(forwarded)
    if app.settings["MAIL_SERVICE"] == "acs":
        app.report("Bounced", _last_operation(app))
    else:
        reported_by_notify("permanent-failure")(app, facts)
    return facts


def _to_withdraw(app: Installation) -> Facts:
    facts = app.reach(forwarded)
    fields = {"reference": facts["reference"], "words": facts["words"]}
    fields |= people.opened(app, "withdraw_form", "")
    page = app.post("withdraw", fields)
    hidden = people.fields_of(page, "")
    app.now += timedelta(minutes=1)
    return facts | {"withdraw": hidden | {"act": "withdraw"}}


def _is_withdrawn(tables: Tables, _: Facts) -> bool:
    told = is_noticed(tables, "withdrawals", "", "ReferralService")
    return referral_state(tables) == "withdrawn" and not tables["SealedReferrals"] and told


def _is_reminded(tables: Tables, _: Facts) -> bool:
    told = is_noticed(tables, "reminders", "", "ReferralService")
    return told and all(row["Warned"] == 1 for row in tables["Referrals"].values())


def _forward() -> Mapping[str, Flow]:
    found = {}
    for (mail, delivery), template in WAYS.items():
        found[f"forward: {delivery}, {mail}"] = Flow(
            "forward_referral",
            referred,
            deliver,
            is_forwarded,
            mail=mail,
            delivery=delivery,
            emails=frozenset({template}),
        )
    return found


def _by_each_service(mail: str) -> Mapping[str, Flow]:
    """Emails to the provider and to the operators that hold no answers."""
    delivery = DELIVERY[mail]

    def flow(function: str, prepare: Prepare, act: Act, is_done: IsDone, *emails: str) -> Flow:
        return Flow(function, prepare, act, is_done, mail=mail, delivery=delivery, emails=frozenset(emails))

    return {
        f"forward: a test, {mail}": flow(
            "forward_referral", _of_a_test, deliver, lambda t, _: _is_told(referral_state(t)), "operators-test"
        ),
        f"withdraw, {mail}": flow(
            "withdraw",
            _to_withdraw,
            lambda app, facts: app.post("withdraw", facts["withdraw"]),
            _is_withdrawn,
            "referral-withdrawn",
        ),
        f"timer: remind the provider, {mail}": flow(
            "schedule", later(forwarded, days=REMINDED_AFTER), run_timer, _is_reminded, "referral-reminder"
        ),
        f"timer: remind the provider of two, {mail}": flow(
            "schedule", later(two_forwarded, days=REMINDED_AFTER), run_timer, _is_reminded, "referral-reminders"
        ),
        f"timer: tell the operators, {mail}": flow(
            "schedule",
            later(_came_back, minutes=5),
            run_timer,
            lambda t, _: is_noticed(t, "operators", "operators-2023", "ReferralService"),
            "operators",
        ),
    }


def _by_link(mail: str) -> Mapping[str, Flow]:
    return {
        f"forward: two in one email, {mail}": Flow(
            "forward_referral",
            _in_a_batch,
            deliver,
            _are_both_forwarded,
            mail=mail,
            delivery="link",
            emails=frozenset({"referral-batch"}),
        ),
        f"timer: announce what nobody collects, {mail}": Flow(
            "schedule",
            steadily(forwarded, 57),
            run_timer,
            lambda t, _: bool(referral(t)["DeletionOn"]),
            mail=mail,
            delivery="link",
            emails=frozenset({"operators-uncollected"}),
        ),
    }


REFERRALS = {
    "refer": Flow(
        "refer", bookings.sessions, lambda app, _: people.refer(app), lambda t, _: bool(t["SealedReferrals"])
    ),
    "refer: sealed": Flow(
        "refer",
        bookings.sessions,
        lambda app, _: people.refer(app),
        lambda t, _: bool(t["SealedReferrals"]),
        delivery="sealed",
    ),
    **_forward(),
    **{name: flow for mail in DELIVERY for name, flow in {**_by_each_service(mail), **_by_link(mail)}.items()},
    "report: referral delivered": Flow(
        "delivery_report", forwarded, _reported("Delivered"), lambda t, _: referral_state(t) == "delivered"
    ),
    "report: referral bounced": Flow(
        "delivery_report", forwarded, _reported("Bounced"), lambda t, _: referral_state(t) == "attention"
    ),
    "report: booking bounced": Flow(
        "delivery_report",
        bookings.booked,
        _reported("Bounced"),
        lambda t, _: any(row["State"] == "bounced" for row in t["MailLog"].values()),
    ),
    "report: booking delivered, notify": Flow(
        "notify_report",
        bookings.booked,
        reported_by_notify("delivered"),
        lambda t, _: any(row["State"] == "delivered" for row in t["MailLog"].values()),
        mail="notify",
        delivery="link",
    ),
    "report: referral bounced, notify": Flow(
        "notify_report",
        forwarded,
        reported_by_notify("permanent-failure"),
        lambda t, _: referral_state(t) == "attention",
        mail="notify",
        delivery="link",
    ),
    "timer: forward": Flow("schedule", later(referred, minutes=15), run_timer, is_forwarded),
}
