"""Transitions of a referral, each as the cells of its status that it writes: days, and no time of day that stays."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.local_time import local_day
from shared.mail.delivery import wait_after
from shared.referrals.days import is_day
from shared.referrals.model import (
    INLINE,
    NOT_COLLECTED,
    NOT_GENUINE,
    NOTHING_TO_TELL,
    SETTLED,
    UNSENT,
    Referral,
    ReferralState,
)
from shared.tables.table import moment_text

type Cells = dict[str, str | int]

NOT_ACKNOWLEDGED = "not-acknowledged"
NOT_SENT = "not-sent"
FAILED = "failed"
STATE_TYPED = "state-typed"
NOT_OPENED = "not-opened"
CAME_BACK = "came-back"
KEPT_AGAIN = "kept-again"
NOTHING_LEFT = "nothing-left"
NOT_TOLD = "notice-"
"""Beginning of the reason in the row of a withdrawn one: the email that tells the provider so did not arrive."""

UNDELIVERED = frozenset({"bounced", "suppressed", "quarantined", "filteredspam", FAILED})
"""Reports, and reasons for attention, that say that an email has not arrived where it is read."""

MAX_REDRIVES = 3
"""Times an email is sent again that the email service accepted and then could not deliver."""

MAX_KEPT = 1
"""Times a referral is sent again by itself because the provider did not have it after all."""

_DELETION = ("DeletionOn", "DeletionToldOn")
_FIRST_REDRIVE = 4  # the wait after a fourth attempt, 10 minutes: the email service has tried by itself before it fails


def sent(now: datetime) -> Cells:
    """The email service has accepted it."""
    return {**SETTLED, "State": str(ReferralState.SENT), "SentOn": local_day(now), "Alarms": 0}


def delivered(referral: Referral, day: str) -> Cells:
    """The provider's email server has it, since that day; a report can come before `sent` is written down."""
    days = {"DeliveredOn": day, "SentOn": referral.sent_on or day}
    return {**SETTLED, **days, "State": str(ReferralState.DELIVERED), "Alarms": 0}


def acknowledged(referral: Referral, now: datetime) -> Cells:
    """The provider says that it has it. One whose email was reported as undelivered goes on as if it had not.

    A day of erasure stays: the run that wrote it may be about to delete the answers.
    """
    if is_undelivered(referral):
        return {"AcknowledgedOn": local_day(now)}
    days = {"SentOn": referral.sent_on or local_day(now), "AcknowledgedOn": local_day(now)}
    return {**SETTLED, **days, "State": str(ReferralState.ACKNOWLEDGED)}


def opened(referral: Referral, now: datetime) -> Cells:
    """The answers were opened with the passphrase."""
    return {"OpenedOn": referral.opened_on or local_day(now)}


def acknowledged_after_opening(referral: Referral, now: datetime) -> Cells:
    """Someone at the provider has opened it and says that it is saved there, whatever was reported of its email."""
    return acknowledged(replace(referral, delivery=""), now) | opened(referral, now)


def set_aside(referral: Referral, now: datetime) -> Cells:
    """Someone at the provider has opened it and says that it is not genuine: kept and erased as a confirmed one."""
    return acknowledged_after_opening(referral, now) | {"LastError": NOT_GENUINE}


def kept(referral: Referral, now: datetime) -> Cells:
    """The provider wants it kept after all: it is sent again once, and the next time a person looks."""
    days = dict.fromkeys(("AcknowledgedOn", "OpenedOn"), "")
    opened_earlier = {"OpenedBeforeOn": referral.opened_on or referral.opened_before}
    if referral.kept >= MAX_KEPT:
        return attention(KEPT_AGAIN, now) | days | opened_earlier | {"Kept": referral.kept + 1}
    return {
        **SETTLED,
        **days,
        **dict.fromkeys(("SentOn", "DeliveredOn", "CameBackOn", "AttentionOn", "WarnedOn", *_DELETION), ""),
        **dict.fromkeys(("Attempts", "Alarms", "Warned", "Redriven"), 0),
        "State": str(ReferralState.RECEIVED),
        "Epoch": referral.epoch + 1,
        "Batch": "",
        "Kept": referral.kept + 1,
        "DueOn": local_day(now),
        **opened_earlier,
    }


def erased(now: datetime, reason: str = "") -> Cells:
    """No answers are left here. Written after they were deleted, never before; `reason` if no one acknowledged them."""
    return {**SETTLED, "State": str(ReferralState.ERASED), "ErasedOn": local_day(now), "LastError": reason}


def withdrawn(now: datetime, *, may_have_gone: bool) -> Cells:
    """The person has taken it back. The days of its stages stay; nothing is asked of the provider or of a person.

    The provider is to be told if an email about it `may_have_gone`.
    """
    told = "" if may_have_gone else NOTHING_TO_TELL
    return {
        **SETTLED,
        **dict.fromkeys(("AttentionOn", *_DELETION), ""),
        "State": str(ReferralState.WITHDRAWN),
        "WithdrawnOn": local_day(now),
        "WithdrawnToldOn": told,
        "Alarms": 0,
    }


def attention(code: str, now: datetime) -> Cells:
    """It stops until a person has looked; `code` is the reason."""
    return {**SETTLED, "State": str(ReferralState.ATTENTION), "AttentionOn": local_day(now), "LastError": code}


def damaged(referral: Referral, why: str, now: datetime) -> Cells:
    """Its answers could not be opened when someone at the provider wanted to."""
    return attention(f"unseal-{why}", now) | without_false_word(referral)


def not_erased(referral: Referral, now: datetime) -> Cells:
    """Answers are there under the reference of one that counts as erased."""
    return attention("not-erased", now) | without_false_word(referral)


def came_back(referral: Referral, code: str, now: datetime) -> Cells:
    """Its email was reported as undelivered, in the words of `code`: a person looks, and the day stays."""
    return attention(code, now) | {"CameBackOn": referral.came_back_on or local_day(now)}


def waiting(referral: Referral, until: datetime, code: str, now: datetime) -> Cells:
    """It could not be sent, for the reason `code`, and is tried again at `until`."""
    since = referral.waiting_since or now
    return {"NotBefore": moment_text(until), "WaitingSince": moment_text(since), "LastError": code}


def failed(referral: Referral, now: datetime) -> Cells:
    """The email service accepted it and could not deliver it: a new email follows, or at last a person looks."""
    if referral.redriven >= MAX_REDRIVES:
        return came_back(referral, FAILED, now)
    until = now + wait_after(_FIRST_REDRIVE + referral.redriven)
    return {
        **SETTLED,
        "State": str(ReferralState.RECEIVED),
        "Epoch": referral.epoch + 1,
        "Attempts": 0,
        "Batch": "",
        "Redriven": referral.redriven + 1,
        "DueOn": local_day(now),
        "SentOn": "",
        "CameBackOn": "",
        "NotBefore": moment_text(until),
        "LastError": FAILED,
    }


def reopen_with_new_answers(erased: Referral, sealed: Referral) -> Cells:
    """Other answers came under the reference of one that was erased: they start from the beginning."""
    stages = ("SentOn", "DeliveredOn", "OpenedOn", "CameBackOn", "AcknowledgedOn", "AttentionOn", "ErasedOn")
    return {
        **SETTLED,
        **dict.fromkeys((*stages, "OpenedBeforeOn", "WarnedOn", *_DELETION), ""),
        **dict.fromkeys(("Attempts", "Alarms", "Warned", "Redriven", "Kept"), 0),
        "State": str(ReferralState.RECEIVED),
        "Epoch": erased.epoch + 1,
        "Batch": "",
        "SubmissionHash": sealed.submission,
        "Delivery": sealed.delivery,
        "OwnWords": sealed.own_words,
        "ReceivedOn": sealed.received_on,
        "DueOn": sealed.received_on,
    }


def erasure_completed(referral: Referral, now: datetime) -> Cells:
    """Its answers are deleted, and its row has another word than `erased`: it is erased since the day of the deletion.

    The erasure was interrupted, or someone typed a word over it. A confirmed one that someone wants sent again is not
    with the provider after all: it counts as confirmed no more.
    """
    is_link = referral.delivery not in {"", INLINE}
    is_uncollected = is_link and not referral.opened_on and not referral.acknowledged_on
    reason = NOT_COLLECTED if is_uncollected else reason_of_erasure(referral)
    cells = erased(now, reason) | {"ErasedOn": referral.erased_on or local_day(now)}
    is_missed = referral.is_resend_requested and not reason
    return cells | {"LastError": NOTHING_LEFT, "AcknowledgedOn": ""} if is_missed else cells


def already_erased(referral: Referral) -> Cells:
    """It was to be sent again and had been erased before: it stays erased, with its day of erasure."""
    return {**SETTLED, "State": str(ReferralState.ERASED), "ErasedOn": referral.erased_on, "LastError": NOTHING_LEFT}


def is_given_up(referral: Referral, give_up_after: timedelta, now: datetime) -> bool:
    """True if sending it has been tried for so long since it came or was to be sent again."""
    return local_day(now - give_up_after) >= (referral.due_on or referral.received_on or local_day(now))


def reason_of_erasure(referral: Referral) -> str:
    """The reason that stays in its row when its answers are erased after the provider has finished with it."""
    return NOT_GENUINE if referral.is_marked_not_genuine else ""


def without_false_word(referral: Referral) -> Cells:
    """The day of the provider's word is emptied where that was `not genuine`, and another reason takes its place."""
    return {"AcknowledgedOn": ""} if referral.is_marked_not_genuine else {}


def is_undelivered(referral: Referral) -> bool:
    """True if its answers were in an email that was reported as not delivered, and another or a person follows.

    The provider's word that it has them is then noted and ends neither.
    """
    if referral.delivery != INLINE:
        return False
    is_reported = referral.last_error in UNDELIVERED or has_come_back(referral)
    if referral.state is ReferralState.ATTENTION:
        return is_reported or not is_day(referral.sent_on)
    if referral.state is ReferralState.SENT:
        return has_come_back(referral)  # the word was typed over the report
    return referral.state in UNSENT and (is_reported or referral.redriven > 0)


def has_come_back(referral: Referral) -> bool:
    """True if its answers were in an email that was reported as undelivered, and not as delivered.

    The code says so in rows of before; whatever someone types over it, the day stays until there is another email.
    """
    is_reported = is_day(referral.came_back_on) or referral.last_error in UNDELIVERED
    return referral.delivery == INLINE and is_reported and not is_day(referral.delivered_on)


def is_opened(referral: Referral) -> bool:
    """True if the answers of a link were opened, so that failures reported later concern the mailbox only."""
    return referral.delivery != INLINE and is_day(referral.opened_on)
