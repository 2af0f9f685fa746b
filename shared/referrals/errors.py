"""What a referral can end in other than being on its way.

ReferralError
 |- ReferralReusedError   this form was sent before, with other answers
 |- ReferralsBusyError    retryable: the same request may be sent again
 |- KeyUnavailableError   retryable: the private key cannot be used at the moment
 `- UnsealError           what was stored cannot be opened: tampered with, moved or cut short
"""


class ReferralError(Exception):
    """Base of everything that a referral can end in. Its text is a reference at most."""


class ReferralReusedError(ReferralError):
    """The same form was sent before with other answers, and those stand."""


class ReferralsBusyError(ReferralError):
    """Storage gave no clear answer. Sending the same again is safe and finds the first."""


class KeyUnavailableError(ReferralError):
    """The vault does not answer, refuses, or does not hold the key that this referral was sealed with."""


class UnsealError(ReferralError):
    """The sealed answers are not what was sealed under this reference."""
