"""Emails to the provider: a referral or the link to it, and a reminder. Each goes to the one address."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.content.language.dates import Dates
from shared.local_time import WorkingDays
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer
from shared.referrals.days import in_words
from shared.referrals.delivery.answer_layout import answer_pairs
from shared.referrals.delivery.links import LASTS_DAYS, ReferralLinks
from shared.referrals.model import INLINE, SEALED, Referral
from shared.referrals.reply_by import reply_by


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEmails:
    """Composes them to `recipient` for one `delivery`; `operators` is the address that answers questions, or "".

    `reply_weekdays` is that of the content: the time after which the person was promised to hear from the provider.
    """

    renderer: MailRenderer = field(repr=False)
    links: ReferralLinks
    recipient: str
    delivery: str
    reply_weekdays: int
    working_days: WorkingDays = field(default_factory=WorkingDays)
    operators: str = field(default="", repr=False)

    def referral(self, referral: Referral, answers: bytes, now: datetime) -> EmailMessage:
        """The referral itself, sent at `now` (UTC); without answers, which may be empty, unless `holds_answers`."""
        if not self.holds_answers(referral):
            template = "referral-sealed" if referral.delivery == SEALED else "referral-link"
            return self._write(template, referral, link_url=self.links.to_collect(referral.reference, now))
        return self._write(
            "referral",
            referral,
            answers=answer_pairs(json.loads(answers), referral),
            link_url=self.links.to_acknowledge(referral.reference, now),
        )

    def holds_answers(self, referral: Referral) -> bool:
        """True if the email has the answers themselves: never those that only the provider's keys open."""
        return self.delivery == INLINE and referral.delivery != SEALED

    def batch(self, referrals: Sequence[Referral], now: datetime) -> EmailMessage:
        """Links to several referrals, sent at `now` (UTC), each with the day it was received; it holds no answers."""
        facts = [self._facts(each) | {"link_url": self.links.to_collect(each.reference, now)} for each in referrals]
        return self.renderer.render("referral-batch", to=self.recipient, referrals=facts)

    def reminder(self, referral: Referral, erased_on: date | None, now: datetime) -> EmailMessage:
        """A reminder at `now` (UTC) that it was sent and not acknowledged, without answers.

        `erased_on`: the day on which the answers are deleted here without an acknowledgement; None if they are not.
        """
        facts = self._reminder_facts(referral, erased_on, now)
        return self._write("referral-reminder", referral, operators=self.operators, **facts)

    def new_link(self, referral: Referral, now: datetime) -> EmailMessage:
        """A new link at `now` (UTC), in place of one that has expired; without answers."""
        return self._write(
            "referral-new-link",
            referral,
            sent_on=self._day(referral.sent_on or referral.received_on),
            inline=referral.delivery == INLINE,
            days=LASTS_DAYS,
            link_url=self._new_link(referral, now),
        )

    def withdrawn(self, referral: Referral) -> EmailMessage:
        """The notice that the person has withdrawn the referral; by reference, without answers."""
        return self._write("referral-withdrawn", referral)

    def reminders(self, due: Sequence[tuple[Referral, date | None]], now: datetime) -> EmailMessage:
        """As `reminder`, about one referral or several."""
        if len(due) == 1:
            return self.reminder(*due[0], now)
        facts = [self._facts(referral) | self._reminder_facts(referral, erased_on, now) for referral, erased_on in due]
        return self.renderer.render("referral-reminders", to=self.recipient, referrals=facts, operators=self.operators)

    @property
    def _dates(self) -> Dates:
        return self.renderer.content.dates

    def _day(self, day: str) -> str:
        return in_words(day, self._dates)

    def _reminder_facts(self, referral: Referral, erased_on: date | None, now: datetime) -> dict[str, object]:
        return {
            "sent_on": self._day(referral.sent_on),
            "inline": referral.delivery == INLINE,
            "opened_on": self._day(referral.opened_on),
            "erased_on": self._dates.day(erased_on) if erased_on else "",
            "link_url": self._new_link(referral, now),
        }

    def _new_link(self, referral: Referral, now: datetime) -> str:
        make = self.links.to_acknowledge if referral.delivery == INLINE else self.links.to_collect
        return make(referral.reference, now)

    def _write(self, template: str, referral: Referral, **facts: object) -> EmailMessage:
        return self.renderer.render(template, to=self.recipient, **self._facts(referral), **facts)

    def _facts(self, referral: Referral) -> dict[str, object]:
        """Reference, day of receipt, and the day that the person was promised: in words, "" if it is not known.

        `sealed`: only the provider's own keys open it.
        """
        return {
            "reference": referral.reference,
            "received_on": self._day(referral.received_on),
            "sealed": referral.delivery == SEALED,
            "contact_by": self._day(reply_by(referral.received_on, self.reply_weekdays, self.working_days)),
        }
