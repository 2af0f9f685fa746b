"""What a referral can end in other than being on its way.

ReferralError
 |- ReferralReusedError   this form was sent before, with other answers
 |- ReferralsBusyError    retryable: the same request may be sent again
 |- ReferralLinkError     a link that was never given out, or whose referral is not known any more
 |- KeyUnavailableError   retryable: the private key cannot be used at the moment
 `- UnsealError           what was stored cannot be opened: tampered with, moved or cut short
"""


class ReferralError(Exception):
    """Base of everything that a referral can end in. Its text is a reference at most."""


class ReferralReusedError(ReferralError):
    """The same form was sent before with other answers, and those stand."""


class ReferralsBusyError(ReferralError):
    """Storage gave no clear answer. Sending the same again is safe and finds the first."""


class ReferralLinkError(ReferralError):
    """The link was never given out, was changed on its way, or its referral is forgotten: nobody may tell which."""


class KeyUnavailableError(ReferralError):
    """The vault does not answer, refuses, or does not hold the key that this referral was sealed with."""


class UnsealError(ReferralError):
    """The sealed answers are not what was sealed under this reference."""
