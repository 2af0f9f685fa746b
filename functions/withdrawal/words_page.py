"""Messages of the page that asks for a reference and three words."""

from functions.forms.timed_page import seconds_in_words
from functions.forms.validation import FieldError
from shared.referrals.errors import PassphraseTooSoonError
from shared.wording.sentences import sentence

_NO_REFERENCE = FieldError("reference", sentence("messages.own-words.no-reference"))
_NO_WORDS = FieldError("words", sentence("messages.own-words.no-words"))


def missing(reference: str, words: str) -> tuple[FieldError, ...]:
    """The fields that were left empty, as messages."""
    given = ((_NO_REFERENCE, reference), (_NO_WORDS, words))
    return tuple(error for error, text in given if not text.strip())


def too_soon(error: PassphraseTooSoonError) -> FieldError:
    """The message about words that were not looked at."""
    return FieldError("words", sentence("messages.own-words.too-soon", time=seconds_in_words(error.wait)))
