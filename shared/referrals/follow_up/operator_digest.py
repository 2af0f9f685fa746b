"""Digest to the operators: referrals that need a person, since when, and what to do. References and days only."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.local_time import iso_day_in_words, london_day
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from shared.referrals.days import days_since
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.notice_sender import OPERATORS, NoticeSender
from shared.referrals.follow_up.overdue_alarm import ALARMS
from shared.referrals.model import INLINE, NOT_GENUINE, UNSENT, Referral, ReferralState
from shared.referrals.transitions import NOT_TOLD

logger = logging.getLogger(__name__)

_WEEK = 7  # days
_AGAIN = "Then write received into its State: it is sent again."
_WHY = {
    "not-acknowledged": "It was sent, and the provider has not said that it arrived. Ask them. If they have it, write "
    "acknowledged into its State. If not, write received: it is sent again. Write yes, or a day such as "
    "2024-03-01, into Hold to keep our copy for longer.",
    "came-back": "Its State was set by hand after its email had come back, so it is kept. Ask the provider whether "
    f"they have it. {_AGAIN}",
    "bounced": f"It came back from the provider's mailbox. Ask them for an address that works. {_AGAIN}",
    "suppressed": "The email service sends nothing more to the provider's address, because email to it bounced. "
    f"Take the address off the suppression list. {_AGAIN}",
    "quarantined": f"The provider's email system holds it. Ask them to release it and to let such email in. {_AGAIN}",
    "filteredspam": f"The provider's email system took it for spam. Ask them to let such email in. {_AGAIN}",
    "failed": f"It could not be delivered, several times over. Ask the provider whether their email works. {_AGAIN}",
    "not-opened": "Its State was set to acknowledged by hand, but no one has opened it, so it is kept. Ask the "
    f"provider to open it with the link in the email. {_AGAIN}",
    "kept-again": "The provider confirmed it, or set it aside, and then asked us for the second time to keep it. Find "
    f"out with them why it does not reach them. {_AGAIN}",
    "not-sent": f"It could not be sent for five days. Check the vault and the email service first. {_AGAIN}",
    "outcome-unknown": "An attempt to send it may have gone out, too long ago for the email service to tell. Ask the "
    f"provider whether they have the email. {_AGAIN}",
    "unseal-key id": "It was sealed with a key that is not the vault's key of the settings. Nothing was sent. Check "
    f"REFERRAL_VAULT_KEY first. {_AGAIN}",
    "unseal-version": "It was sealed by a different version of this service, so it was not opened. Deploy the newest "
    f"version to both apps. {_AGAIN}",
    "unseal-mac key": "Its row names a MAC key that is not in the settings, so it was not opened. If REFERRAL_MAC_KEY "
    f"was changed, put the previous key into REFERRAL_MAC_KEY_PREVIOUS. {_AGAIN} If it was not, find out who could "
    "write to the tables.",
    "unseal-mac missing": "Its row has no MAC, so it was not opened. If it was stored before there were MACs, see "
    f"REFERRAL_MAC_MIGRATION in the list of settings. {_AGAIN} If it was not, find out who could write to the tables.",
    "unseal-mac": "Its answers, or the day it was received, were changed or did not come from this service, so it was "
    "not opened. Find out who could write to the tables. The person has to refer themselves again.",
    "unseal-day": "The day it was received differs between the tables Referrals and SealedReferrals, so it was not "
    f"opened. Find out who could write to Referrals, and copy ReceivedOn from SealedReferrals. {_AGAIN}",
    "unseal": "The stored answers cannot be opened: changed, or moved, or cut short. Nothing was sent. Find out who "
    "could write to the tables. The person has to refer themselves again.",
    "not-erased": "Answers are stored under a reference that counts as erased. Find out where they come from.",
    "state-typed": "Its State was a word that is none of the service's. Write the right one.",
    NOT_GENUINE: f"Its State was changed by hand after that. Ask the provider whether they need it. {_AGAIN}",
    "reminder": "A reminder to the provider about it came back. Ask them for an address that works.",
    NOT_TOLD: "The person withdrew it, and the email that tells the provider so did not arrive. Tell the provider by "
    "phone: do not contact this person, and consider erasing what you have. Then empty its LastError.",
    "HTTP": f"The email service refuses it. Look at the sender's and the provider's address. {_AGAIN}",
}
_OTHERWISE = f"See what LastError says. {_AGAIN}"
_WAITING = (
    "It could not be sent for hours, and the service goes on trying. Check the queue, the vault and the email service."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDigest:
    """Emails one address, once a day at most."""

    address: str = field(repr=False)
    notices: NoticeSender
    mailbox: ProviderMailbox
    renderer: MailRenderer = field(repr=False)

    def send(self, referrals: Sequence[Referral], now: datetime) -> None:
        """Sends today's digest if a referral needs a person and it was not sent yet. Raises `StorageError`."""
        found = [referral for referral in referrals if needs_operator(referral)]
        if found:
            mail_id = f"{OPERATORS}-{london_day(now)}"
            message = self._message(found, openings(referrals, now), now)
            self.notices.deliver(OPERATORS, mail_id, message, now)

    def _message(self, found: Sequence[Referral], opened: int | None, now: datetime) -> EmailMessage:
        ordered = sorted(found, key=lambda referral: (referral.received_on, referral.reference))
        facts = [(referral.reference, in_words(referral)) for referral in ordered]
        failing = self.mailbox.is_failing(now)
        return self.renderer.render("operators", to=self.address, referrals=facts, failing=failing, opened=opened)


def openings(referrals: Iterable[Referral], now: datetime) -> int | None:
    """Number of referrals first opened with the passphrase within the last 7 days; None if none went as a link.

    A number, and neither which nor when: that is the provider's.
    """
    today = date.fromisoformat(london_day(now))
    links = [each for each in referrals if each.opened_on or each.delivery not in {"", INLINE}]
    ages = [days_since(each.opened_on, today) for each in links]
    return sum(age is not None and 0 <= age < _WEEK for age in ages) if links else None


def needs_operator(referral: Referral) -> bool:
    """True if it does not go on by itself, or has not for hours."""
    waits = referral.state in UNSENT and referral.alarms >= len(ALARMS)
    return referral.state is ReferralState.ATTENTION or waits or _is_untold(referral)


def _is_untold(referral: Referral) -> bool:
    """True if the provider could not be told that it was withdrawn."""
    return referral.state is ReferralState.WITHDRAWN and referral.last_error.startswith(NOT_TOLD)


def in_words(referral: Referral) -> str:
    """The day it was received, the reason why it needs a person, and the remedy."""
    came = f"Received {_day(referral.received_on)}."
    if _is_untold(referral):
        return f"{came} {_WHY[NOT_TOLD]}"
    if referral.state is not ReferralState.ATTENTION:
        return f"{came} {_WAITING}"
    since = f"Waiting for a person since {_day(referral.attention_on)}."
    if referral.acknowledged_on:
        said = "set it aside as not genuine" if referral.is_marked_not_genuine else "confirmed it"
        since = f"{since} The provider {said} on {_day(referral.acknowledged_on)}."
    known = (why for code, why in _WHY.items() if referral.last_error.startswith(code))
    return f"{came} {since} {next(known, _OTHERWISE)}"


def _day(text: str) -> str:
    try:
        return iso_day_in_words(text)
    except ValueError:
        return "on a day that is not known"
