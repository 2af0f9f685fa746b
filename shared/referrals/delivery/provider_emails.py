"""The mails that the provider gets: a referral, or the way to it, and a reminder. Each to the one address."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from shared.local_time import date_in_words
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from shared.referrals.delivery.answer_layout import answer_pairs
from shared.referrals.model import INLINE, Referral


class Links(Protocol):
    """The links that the mails carry; `shared.referrals.delivery.links` makes them."""

    def to_acknowledge(self, reference: str) -> str: ...
    def to_collect(self, reference: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEmails:
    """Writes them to `recipient`, for one `delivery`; `operators` is the address that answers questions, or ""."""

    renderer: MailRenderer = field(repr=False)
    links: Links
    recipient: str
    delivery: str
    operators: str = field(default="", repr=False)

    def referral(self, referral: Referral, answers: bytes) -> EmailMessage:
        """The referral itself. With `link` nothing of the answers is in it, and they need not even be opened."""
        if self.delivery != INLINE:
            link = self.links.to_collect(referral.reference)
            return self._write("referral-link", reference=referral.reference, link_url=link)
        return self._write(
            "referral",
            reference=referral.reference,
            answers=answer_pairs(json.loads(answers), referral),
            link_url=self.links.to_acknowledge(referral.reference),
        )

    def reminder(self, referral: Referral, erased_on: date | None) -> EmailMessage:
        """That it was sent and nobody has said that it arrived; nothing of the answers.

        `erased_on`: the day on which the answers are deleted here if nobody says anything; None where they are not.
        """
        inline = referral.delivery == INLINE
        make = self.links.to_acknowledge if inline else self.links.to_collect
        return self._write(
            "referral-reminder",
            reference=referral.reference,
            sent_on=_in_words(referral.sent_on),
            inline=inline,
            operators=self.operators,
            erased_on=date_in_words(erased_on) if erased_on else "",
            link_url=make(referral.reference),
        )

    def _write(self, template: str, **facts: object) -> EmailMessage:
        return self.renderer.render(template, to=self.recipient, **facts)


def _in_words(day: str) -> str:
    try:
        return date_in_words(date.fromisoformat(day))
    except ValueError:
        return day


def add_days(day: str, days: int) -> date | None:
    """The day so many days after an ISO day; None where it is none."""
    try:
        return date.fromisoformat(day) + timedelta(days=days)
    except ValueError:
        return None
