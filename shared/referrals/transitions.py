"""The steps that a referral takes, each as the cells of its status that it writes: all days, and no time that stays."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.local_time import london_day
from shared.mail.delivery import wait_after
from shared.referrals.model import SETTLED, Referral, ReferralState
from shared.tables.table import moment_text

type Cells = dict[str, str | int]

NOT_ACKNOWLEDGED = "not-acknowledged"
NOT_SENT = "not-sent"
FAILED = "failed"
STATE_TYPED = "state-typed"

MAX_REDRIVES = 3
"""How often a mail is sent again that the mail service took and then could not deliver."""

_FIRST_REDRIVE = 4  # the wait after a fourth attempt, 10 minutes: the mail service has tried by itself before it fails


def sent(now: datetime) -> Cells:
    """The mail service has it."""
    return {**SETTLED, "State": str(ReferralState.SENT), "SentOn": london_day(now), "Alarms": 0}


def delivered(referral: Referral, day: str) -> Cells:
    """The provider's mail server has it, since that day; a report can come before `sent` is written down."""
    days = {"DeliveredOn": day, "SentOn": referral.sent_on or day}
    return {**SETTLED, **days, "State": str(ReferralState.DELIVERED), "Alarms": 0}


def acknowledged(now: datetime) -> Cells:
    """The provider says that it has it."""
    return {**SETTLED, "State": str(ReferralState.ACKNOWLEDGED), "AcknowledgedOn": london_day(now)}


def erased(now: datetime) -> Cells:
    """Nothing of the answers is left here. Written after they were deleted, never before."""
    return {**SETTLED, "State": str(ReferralState.ERASED), "ErasedOn": london_day(now)}


def attention(code: str, now: datetime) -> Cells:
    """Nothing happens with it any more until a person has looked."""
    return {**SETTLED, "State": str(ReferralState.ATTENTION), "AttentionOn": london_day(now), "LastError": code}


def waiting(referral: Referral, until: datetime, code: str, now: datetime) -> Cells:
    """It could not be sent, and is tried again then."""
    since = referral.waiting_since or now
    return {"NotBefore": moment_text(until), "WaitingSince": moment_text(since), "LastError": code}


def failed(referral: Referral, now: datetime) -> Cells:
    """The mail service took it and could not deliver it: a mail of its own follows, or a person looks at last."""
    if referral.redriven >= MAX_REDRIVES:
        return attention(FAILED, now)
    until = now + wait_after(_FIRST_REDRIVE + referral.redriven)
    return {
        **SETTLED,
        "State": str(ReferralState.RECEIVED),
        "Epoch": referral.epoch + 1,
        "Attempts": 0,
        "Redriven": referral.redriven + 1,
        "DueOn": london_day(now),
        "NotBefore": moment_text(until),
        "LastError": FAILED,
    }


def reopen_with_new_answers(erased: Referral, sealed: Referral) -> Cells:
    """Other answers came under the reference of one that was erased: nothing is known of what becomes of them."""
    days = dict.fromkeys(("SentOn", "DeliveredOn", "AcknowledgedOn", "AttentionOn", "WarnedOn", "ErasedOn"), "")
    return {
        **SETTLED,
        **days,
        **dict.fromkeys(("Attempts", "Alarms", "Warned", "Redriven"), 0),
        "State": str(ReferralState.RECEIVED),
        "Epoch": erased.epoch + 1,
        "SubmissionHash": sealed.submission,
        "ReceivedOn": sealed.received_on,
        "DueOn": sealed.received_on,
    }


def already_erased(referral: Referral) -> Cells:
    """It was wanted again and had been erased before: it stays erased, since the day it was."""
    return {**SETTLED, "State": str(ReferralState.ERASED), "ErasedOn": referral.erased_on, "LastError": "nothing-left"}


def with_delivery(referral: Referral, delivery: str) -> Referral:
    """The referral as it is claimed to be sent in this way: while an earlier attempt may have gone in another, as that.

    What lies in the provider's mailbox without answers must never count as if it had them.
    """
    return replace(referral, delivery=(referral.delivery if referral.attempts else "") or delivery)


def reset_for_resend(referral: Referral, now: datetime) -> Referral:
    """The referral as it stands when somebody typed `received` over it: a new mail, and nothing said of it yet."""
    return replace(
        referral,
        epoch=referral.epoch + 1,
        attempts=0,
        due_on=london_day(now),
        sent_on="",
        delivered_on="",
        acknowledged_on="",
        attention_on="",
        waiting_since=None,
        alarms=0,
        last_error="",
        warned=0,
        warned_on="",
        redriven=0,
    )


def is_given_up(referral: Referral, give_up_after: timedelta, now: datetime) -> bool:
    """Whether trying to send it has lasted for so many days, since it came or was wanted again."""
    return london_day(now - give_up_after) >= (referral.due_on or referral.received_on or london_day(now))
