"""Changes of a referral before it is claimed to be sent: its delivery, its batch, and all that a new email empties."""

from dataclasses import replace
from datetime import datetime

from shared.local_time import local_day
from shared.referrals.model import INLINE, LINK, SEALED, Referral


def with_delivery(referral: Referral, delivery: str) -> Referral:
    """The referral as claimed for this delivery, or for the earlier link if an attempt may have gone out that way.

    An email without answers in the provider's mailbox must never count as one that holds them. So `inline` stands only
    if it is the delivery now: the email of this attempt holds a link otherwise, whatever an earlier one was to hold.
    What only the provider's keys open goes in no other way, and what was sealed before goes as a link then.
    """
    is_link_out = referral.attempts > 0 and referral.delivery not in {"", INLINE}
    if is_link_out or referral.delivery == SEALED:
        return referral
    return replace(referral, delivery=delivery if delivery in {INLINE, LINK} else LINK)


def with_batch(referral: Referral, batch: str) -> Referral:
    """The referral as it joins that email to the provider; "" for an email of its own."""
    return replace(referral, batch=batch)


def reset_for_resend(referral: Referral, now: datetime) -> Referral:
    """The referral after someone typed `received` over it: a new email, and nothing reported of it yet."""
    return replace(
        referral,
        epoch=referral.epoch + 1,
        attempts=0,
        batch="",
        due_on=local_day(now),
        sent_on="",
        delivered_on="",
        opened_on="",
        opened_before=referral.opened_on or referral.opened_before,
        came_back_on="",
        acknowledged_on="",
        attention_on="",
        waiting_since=None,
        alarms=0,
        unclear_on="",
        last_error="",
        warned=0,
        warned_on="",
        redriven=0,
        deletion_on="",
        deletion_told_on="",
    )
