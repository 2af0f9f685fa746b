"""Errors of referrals, as a tree.

ReferralError
 |- ReferralReusedError   this form was sent before, with other answers
 |- ReferralWithdrawnError  this form was sent before, and the person has withdrawn it
 |- OwnWordsError         there is no referral with this reference and these three words
 |- ReferralsBusyError    retryable: the same request may be sent again
 |- ReferralLinkError     a link that was never given out, or whose referral is not known any more
 |- LinkExpiredError      a link that is too old to open anything but the page that offers a new one
 |- ReferralUnknownError  there is no referral under this reference, or not any more
 |- TooManyGuessesError   too many unknown references were asked for
 |- PassphraseError       another passphrase than the provider's
 |- PassphraseTooSoonError  too many of those lately: the page has to be open for some seconds first
 |- ProofError            it is too long ago that the provider opened the referral
 |   `- SessionLostError   it cannot be known any more how long ago
 |- ReferralGoneError     the provider has it, and here it is deleted
 |   `- NotWaitingError    it does not wait for the provider, for a `reason`
 |- KeyUnavailableError   retryable: the private key cannot be used at the moment
 |- KeyNotProvenError     a key does not open what it seals, or it is too long ago that it did
 `- UnsealError           the stored answers cannot be opened: tampered with, moved, cut short or not this service's
"""

import re
from datetime import timedelta
from enum import StrEnum

_VERSION = re.compile(r"[0-9A-Za-z.-]{1,16}")


class ReferralError(Exception):
    """Base of the errors of referrals. Its text is a reference at most."""


class ReferralReusedError(ReferralError):
    """The same form was sent before with other answers, and those stand under `reference`."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class ReferralWithdrawnError(ReferralError):
    """The same form was sent before, and withdrawn under `reference`: nothing of it is kept."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class OwnWordsError(ReferralError):
    """There is no referral with this reference and these three words: the answer must not tell which is wrong."""


class ReferralsBusyError(ReferralError):
    """Storage gave no clear answer. Sending the same again is safe and finds the first."""


class ReferralLinkError(ReferralError):
    """The link was never issued, was changed, or its referral is deleted: the answer must not tell which."""


class LinkExpiredError(ReferralError):
    """The link was issued, for the referral under `reference`, and is too old."""

    def __init__(self, reference: str) -> None:
        super().__init__()
        self.reference = reference


class ReferralUnknownError(ReferralError):
    """There is no referral under this reference, or not any more."""


class TooManyGuessesError(ReferralError):
    """Too many unknown references were asked for in the last minute."""


class PassphraseError(ReferralError):
    """It is another passphrase. The page of the next try has to be open for `delay` first."""

    def __init__(self, delay: timedelta = timedelta(0)) -> None:
        super().__init__()
        self.delay = delay


class PassphraseTooSoonError(ReferralError):
    """There were too many wrong passphrases within an hour, so this one was not compared: try again after `wait`.

    `is_page_used`: its page had a comparison already, so that the next try needs a new page.
    """

    def __init__(self, wait: timedelta, *, is_page_used: bool = False) -> None:
        super().__init__()
        self.wait = wait
        self.is_page_used = is_page_used


class ProofError(ReferralError):
    """The referral was not opened with this link in the last half hour, or is sent again since."""


class SessionLostError(ProofError):
    """The referral at whose link the passphrase was entered is erased or damaged: nothing proves it any more."""


class ReferralGoneError(ReferralError):
    """The provider has acknowledged the referral, so there is nothing here to open."""


class NotWaitingReason(StrEnum):
    """Reason for which a referral does not wait for the provider behind a link."""

    UNKNOWN = "unknown"
    UNSENT = "unsent"
    INLINE = "inline"
    NO_LINK = "no link"
    CONFIRMED = "confirmed"
    SET_ASIDE = "set aside"
    NOT_COLLECTED = "not collected"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"
    DAMAGED = "damaged"


class NotWaitingError(ReferralGoneError):
    """The referral that was asked for in the list does not wait, or not any more, for this `reason`."""

    def __init__(self, reason: NotWaitingReason) -> None:
        super().__init__()
        self.reason = reason


class KeyUnavailableError(ReferralError):
    """The vault does not answer, refuses, or does not hold the key that this referral was sealed with."""


class KeyNotProvenError(ReferralError):
    """A configured public key does not belong to the private key, or the private key could not be used for hours."""


class UnsealError(ReferralError):
    """The sealed answers are not those that were sealed under this reference. Its text says what is wrong."""


def unknown_version(version: str) -> UnsealError:
    """The error for answers of a version that this service does not know. It names it, if it looks like one."""
    looks_like_one = _VERSION.fullmatch(version)  # anything may be typed into the cell
    return UnsealError(f"version {version}" if looks_like_one else "version")
