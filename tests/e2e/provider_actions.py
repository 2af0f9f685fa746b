"""The provider's half of the conversation: the email that they got, the link in it, and what they do there."""

import re
from datetime import timedelta
from typing import Any

from local.clock import LocalClock
from local.stack import environment
from local.stack.stack import Stack
from tests.e2e.canaries import CANARIES
from tests.e2e.conftest import mails_to, rows
from tests.e2e.http_client import Answer, get, hidden_fields, post_form, post_json

PASSPHRASE = environment.PASSPHRASE.lower().replace("-", " ")


def refer(stack: Stack, **changes: Any) -> str:
    """Someone refers themselves; returns the reference."""
    reference: str = post_json(f"{stack.site}/one-to-one", CANARIES | changes).json["reference"]
    return reference


def mail_about(stack: Stack, reference: str) -> str:
    """The one email that the provider got about this referral, as text."""
    [found] = mails_about(stack, reference)
    return found


def mails_about(stack: Stack, reference: str) -> list[str]:
    """Every email that the provider got about this referral, as text, in the order of sending."""
    mails = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    return [str(mail["content"]["plainText"]) for mail in mails if reference in mail["content"]["subject"]]


def link_in(mail: str) -> str:
    [link] = set(re.findall(r"https?://\S+/(?:acknowledge|collect)/[A-Za-z0-9_-]+", mail))
    return str(link)


def status_of(stack: Stack, reference: str) -> dict[str, Any]:
    return dict(rows(stack, "Referrals", "REFERRALS_STORAGE").get_entity("referrals", reference))


def is_sealed_kept(stack: Stack, reference: str) -> bool:
    """True if the sealed answers are still stored."""
    table = rows(stack, "SealedReferrals", "REFERRALS_STORAGE")
    return bool(list(table.query_entities("RowKey eq @r", parameters={"r": reference})))


def open_with(link: str, passphrase: str = PASSPHRASE) -> Answer:
    return post_form(link, {"passphrase": passphrase})


def open_patiently(stack: Stack, link: str) -> Answer:
    """Someone opens it on a page that was open for 15 seconds, the longest that wrong passphrases make them wait."""
    return post_form(link, opened_page(stack, link, seconds=15) | {"passphrase": PASSPHRASE})


def proof_in(page: Answer) -> dict[str, str]:
    return {"proof": hidden_fields(page.text)["proof"]}


def opened_page(stack: Stack, link: str, seconds: float = 125) -> dict[str, str]:
    """Fields that the page behind a link sends, once it was open for so long: by default longer than 2 minutes."""
    fields = hidden_fields(get(link).text)
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(seconds=seconds))
    return fields


def confirm(stack: Stack, link: str) -> Answer:
    """Someone at the provider reads the page behind the link, selects its box and confirms."""
    return post_form(link, opened_page(stack, link) | {"saved": "yes"})


def pass_days(stack: Stack, days: int) -> None:
    """The clock is set forward by one day after the other, and the timer runs on each."""
    for _ in range(days):
        stack.set_clock(LocalClock(stack.clock_path)() + timedelta(days=1))
        stack.tick()
        stack.settle()
