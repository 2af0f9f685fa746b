"""The provider's pages: a referral is acknowledged, opened, or collected as a sealed file, and each is undone."""

import json
import re
from datetime import timedelta

import azure.functions as func

from local.stack import environment
from shared.referrals.provider_sealing.acknowledgement_code import acknowledgement_code
from tests.integration.faults import people
from tests.integration.faults.flows.attendee_emails import DELIVERY
from tests.integration.faults.flows.flow import (
    Flow,
    Tables,
    is_noticed,
    post,
    referral,
    referral_state,
    run_timer,
    steadily,
)
from tests.integration.faults.flows.referrals import forwarded
from tests.integration.faults.installation import Facts, Installation, Prepare
from tests.opener_files import content_key, keys

PROVIDER_KEYS = "the provider in the tests of crash points"

_TOKEN = re.compile(r'name="(form_token|word_token)" value="([^"]*)"')


def _page(app: Installation, token: str) -> str:
    """The page behind the link in the email, which the provider then reads for three minutes."""
    name = "acknowledge_form" if app.settings["REFERRAL_DELIVERY"] == "inline" else "collect"
    page = app.get(name, token=token, act="") if name == "collect" else app.get(name, token=token)
    app.now += timedelta(minutes=3)
    return page.get_body().decode()


def _to_acknowledge(app: Installation) -> Facts:
    facts = app.reach(forwarded)
    token = people.provider_link(app)
    app.now += timedelta(minutes=3)
    fields = people.opened(app, "acknowledge_form", "", token=token) | {"saved": "yes"}
    return facts | {"token": token, "fields": fields}


def _acknowledged(app: Installation) -> Facts:
    facts = app.reach(_to_acknowledge)
    assert post("acknowledge")(app, facts).status_code == 303
    return facts


def _to_collect(app: Installation) -> Facts:
    facts = app.reach(forwarded)
    token = people.provider_link(app)
    fields = people.opened(app, "collect", "", token=token) | {"passphrase": environment.PASSPHRASE}
    return facts | {"token": token, "fields": fields}


def _to_confirm_collected(app: Installation) -> Facts:
    facts = app.reach(_to_collect)
    page = post("collect", act="")(app, facts)
    return facts | {"fields": people.fields_of(page, "/acknowledge")}


def _to_set_aside(app: Installation) -> Facts:
    facts = app.reach(_to_confirm_collected)
    return facts | {"fields": facts["fields"] | {"confirmed": "yes"}}


def _collected(app: Installation) -> Facts:
    facts = app.reach(_to_confirm_collected)
    assert post("collect", act="acknowledge")(app, facts).status_code == 303
    return facts


# ---- What only the provider's keys open ----


def _to_collect_sealed(app: Installation) -> Facts:
    facts = app.reach(forwarded)
    return facts | {"token": people.provider_link(app)}


def _collect_sealed(app: Installation, facts: Facts) -> func.HttpResponse:
    return app.get("collect", token=facts["token"], act="file")


def _with_code(**more: str) -> Prepare:
    """The provider has opened the file with its own key, and types the code that the opener shows."""

    def prepare(app: Installation) -> Facts:
        facts = app.reach(_to_collect_sealed)
        file, key = json.loads(_collect_sealed(app, facts).get_body()), keys(PROVIDER_KEYS)[0]
        fields = people.opened(app, "collect", "/acknowledge", token=facts["token"], act="")
        code = acknowledgement_code(content_key(file, key.name, key.private))
        return facts | {"fields": fields | {"code": code, **more}}

    return prepare


_to_confirm_sealed = _with_code()


def _confirmed_sealed(app: Installation) -> Facts:
    facts = app.reach(_to_confirm_sealed)
    assert post("collect", act="acknowledge")(app, facts).status_code == 303
    return facts


# ---- After a confirmation ----


def _to_undo(before: Prepare) -> Prepare:
    def prepare(app: Installation) -> Facts:
        facts = app.reach(before)
        keep = dict(reversed(_TOKEN.findall(_page(app, facts["token"]))))["form_token"]  # the first on the page
        return facts | {"fields": {"act": "keep", "form_token": keep}}

    return prepare


def _to_say(before: Prepare) -> Prepare:
    def prepare(app: Installation) -> Facts:
        facts = app.reach(before)
        token = dict(_TOKEN.findall(_page(app, facts["token"])))["word_token"]
        said = {"act": "word", "said": "waiting", "weeks": "8", "word_token": token}
        return facts | {"fields": said, "before": referral(app.storage.read())["WordBack"]}

    return prepare


def _is_said(tables: Tables, facts: Facts) -> bool:
    return bool(referral(tables)["WordBack"] != facts["before"])


def _is_acknowledged(tables: Tables, _: Facts) -> bool:
    return referral_state(tables) == "acknowledged"


def _is_kept(tables: Tables, _: Facts) -> bool:
    return referral(tables)["Kept"] == 1 and referral_state(tables) == "sent" and bool(tables["SealedReferrals"])


def _is_set_aside(tables: Tables, _: Facts) -> bool:
    return (referral_state(tables), referral(tables)["LastError"]) == ("acknowledged", "not-genuine")


def _expired(app: Installation) -> Facts:
    """A link that is too old, and the page of it."""
    facts = app.reach(forwarded)
    token = people.provider_link(app)
    app.now += timedelta(days=61)
    fields = people.opened(app, "collect", "", token=token, act="")
    return facts | {"token": token, "fields": fields}


INLINE = {
    "acknowledge": Flow("acknowledge", _to_acknowledge, post("acknowledge"), _is_acknowledged),
    "acknowledge: undo": Flow("acknowledge", _to_undo(_acknowledged), post("acknowledge"), _is_kept, copies=2),
    "acknowledge: word back": Flow("acknowledge", _to_say(_acknowledged), post("acknowledge"), _is_said),
    "timer: erase": Flow("schedule", steadily(_acknowledged, 16), run_timer, lambda t, _: not t["SealedReferrals"]),
}
LINK = {
    "collect: open": Flow(
        "collect",
        _to_collect,
        post("collect", act=""),
        lambda t, _: bool(referral(t)["OpenedOn"]),
        delivery="link",
    ),
    "collect: acknowledge": Flow(
        "collect", _to_confirm_collected, post("collect", act="acknowledge"), _is_acknowledged, delivery="link"
    ),
    "collect: set aside": Flow(
        "collect", _to_set_aside, post("collect", act="not-genuine"), _is_set_aside, delivery="link"
    ),
    "collect: undo": Flow(
        "collect", _to_undo(_collected), post("collect", act="keep"), _is_kept, delivery="link", copies=2
    ),
    "collect: word back": Flow("collect", _to_say(_collected), post("collect", act="word"), _is_said, delivery="link"),
    **{
        f"collect: new link, {mail}": Flow(
            "collect",
            _expired,
            post("collect", act=""),
            lambda t, _: is_noticed(t, "reminders", "-link-", "ReferralService"),
            mail=mail,
            delivery="link",
            emails=frozenset({"referral-new-link"}),
        )
        for mail in DELIVERY
    },
}
SEALED = {
    "sealed: collect the file": Flow(
        "collect",
        _to_collect_sealed,
        _collect_sealed,
        lambda t, _: referral_state(t) == "sent" and bool(t["SealedReferrals"]),
        delivery="sealed",
    ),
    "sealed: acknowledge": Flow(
        "collect", _to_confirm_sealed, post("collect", act="acknowledge"), _is_acknowledged, delivery="sealed"
    ),
    "sealed: set aside": Flow(
        "collect", _with_code(confirmed="yes"), post("collect", act="not-genuine"), _is_set_aside, delivery="sealed"
    ),
    "sealed: undo": Flow(
        "collect", _to_undo(_confirmed_sealed), post("collect", act="keep"), _is_kept, delivery="sealed", copies=2
    ),
    "sealed: word back": Flow(
        "collect", _to_say(_confirmed_sealed), post("collect", act="word"), _is_said, delivery="sealed"
    ),
}
PROVIDER = {**INLINE, **LINK, **SEALED}
