"""Messages of the page that asks for the passphrase, of one that is wrong or comes too soon."""

from functions.forms.timed_page import seconds_in_words
from functions.forms.validation import FieldError
from shared.referrals.errors import PassphraseError, PassphraseTooSoonError
from shared.wording.sentences import sentence


def wrong(error: PassphraseError) -> FieldError:
    """The message about a wrong passphrase."""
    if error.delay:
        return FieldError("passphrase", sentence("messages.passphrase.wrong-wait", time=seconds_in_words(error.delay)))
    return FieldError("passphrase", sentence("messages.passphrase.wrong"))


def too_soon(error: PassphraseTooSoonError) -> FieldError:
    """The message about one that was not looked at."""
    return FieldError("passphrase", sentence("messages.passphrase.too-soon", time=seconds_in_words(error.wait)))
