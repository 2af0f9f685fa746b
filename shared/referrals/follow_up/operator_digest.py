"""Digest to the operators: referrals that need a person, since when, and what to do. References and days only."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.local_time import iso_day_in_words, local_day
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from shared.referrals.days import days_since
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.notice_sender import OPERATORS, NoticeSender
from shared.referrals.follow_up.overdue_alarm import ALARMS
from shared.referrals.model import INLINE, UNSENT, Referral, ReferralState
from shared.referrals.transitions import NOT_TOLD
from shared.wording.sentences import sentence, table
from shared.wording.translation import Sentence

logger = logging.getLogger(__name__)

_WEEK = 7  # days
_WHY = table("operators.why")  # by the beginning of what LastError says, in this order


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
            mail_id = f"{OPERATORS}-{local_day(now)}"
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
    today = date.fromisoformat(local_day(now))
    sent = [each for each in referrals if each.delivery]  # a test of the running service has none, and is no opening
    links = [each for each in sent if each.opened_on or each.delivery != INLINE]
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
    came = sentence("operators.received", day=_day(referral.received_on))
    if _is_untold(referral):
        return f"{came} {_WHY[NOT_TOLD]}"
    if referral.state is not ReferralState.ATTENTION:
        return f"{came} {sentence('operators.unsent')}"
    since: str = sentence("operators.since", day=_day(referral.attention_on))
    if referral.acknowledged_on:
        since = f"{since} {_word_of_provider(referral)}"
    known = (why for code, why in _WHY.items() if referral.last_error.startswith(code))
    return f"{came} {since} {next(known, sentence('operators.otherwise'))}"


def _word_of_provider(referral: Referral) -> Sentence:
    day = _day(referral.acknowledged_on)
    if referral.is_marked_not_genuine:
        return sentence("operators.set-aside", day=day)
    return sentence("operators.confirmed", day=day)


def _day(text: str) -> str:
    try:
        return iso_day_in_words(text)
    except ValueError:
        return sentence("operators.unknown-day")
