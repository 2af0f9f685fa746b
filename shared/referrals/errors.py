"""What a referral can end in other than being on its way.

ReferralError
 |- ReferralReusedError   this form was sent before, with other answers
 |- ReferralsBusyError    retryable: the same request may be sent again
 |- ReferralLinkError     a link that was never given out, or whose referral is not known any more
 |- ReferralUnknownError  there is no referral under this reference, or not any more
 |- TooManyGuessesError   too many references were asked for that there are not
 |- PassphraseError       another passphrase than the provider's, with tries left or none
 |- LinkLockedError       too many of those; it opens again within an hour
 |- ProofError            it is too long ago that the provider opened the referral
 |- ReferralGoneError     the provider has it, and here it is deleted
 |- KeyUnavailableError   retryable: the private key cannot be used at the moment
 `- UnsealError           what was stored cannot be opened: tampered with, moved or cut short
"""


class ReferralError(Exception):
    """Base of everything that a referral can end in. Its text is a reference at most."""


class ReferralReusedError(ReferralError):
    """The same form was sent before with other answers, and those stand under `reference`."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class ReferralsBusyError(ReferralError):
    """Storage gave no clear answer. Sending the same again is safe and finds the first."""


class ReferralLinkError(ReferralError):
    """The link was never given out, was changed on its way, or its referral is forgotten: nobody may tell which."""


class ReferralUnknownError(ReferralError):
    """There is no referral under this reference, or not any more."""


class TooManyGuessesError(ReferralError):
    """Too many references were asked for in the last minute that there are not."""


class PassphraseError(ReferralError):
    """It is another passphrase. `left` is how many may still be tried before the link is locked."""

    def __init__(self, left: int = 0) -> None:
        super().__init__()
        self.left = left


class LinkLockedError(ReferralError):
    """Too many wrong passphrases were tried at this link in the last hour."""


class ProofError(ReferralError):
    """Nobody opened the referral with this link in the last half hour: the passphrase is asked for again."""


class ReferralGoneError(ReferralError):
    """The provider has said that it has the referral, so there is nothing here to be opened."""


class KeyUnavailableError(ReferralError):
    """The vault does not answer, refuses, or does not hold the key that this referral was sealed with."""


class UnsealError(ReferralError):
    """The sealed answers are not what was sealed under this reference."""
