"""Beginnings of every reading of typed text: its greatest length, and the error that says what is wrong.

A text is measured before any other look at it: checks take longer the longer it is, and some far longer.
"""

from shared.wording.sentences import sentence

SLACK = 4
"""Factor by which a text may be longer than its field allows and still be looked at: what is dropped counts."""

LONGEST_BLANK = 1_000  # characters
SHORT = 100  # characters of an answer that is one of a few words


class ReadingError(ValueError):
    """A text that cannot be read.

    The message is a sentence without a full stop, for the person who typed the text. It names one sign of it at most:
    a whole value would end up in logs and error bodies. `code` is a word for programs.
    """

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code
        self.sentence = said


def check_length(text: str, limit: int, label: str) -> None:
    """Raises ReadingError, which begins with `label`, if the text is more than `SLACK` times as long as it may be."""
    if len(text) > SLACK * limit:
        raise too_long(limit, label)


def too_long(limit: int, label: str) -> ReadingError:
    return ReadingError("text_length", sentence("fields.too-long", label=label, limit=f"{limit:,}"))


def check_encodable(text: str) -> None:
    """Raises ReadingError if the text has half of a UTF-16 pair, which nothing can store or send."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ReadingError("text_encoding", sentence("fields.encoding")) from None


def is_blank(value: object) -> bool:
    """True for a text of blanks alone; one that is longer than any answer of a few words is not looked at."""
    return isinstance(value, str) and len(value) <= LONGEST_BLANK and not value.strip()
