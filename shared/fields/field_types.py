"""Types of form fields: names, email addresses, phone numbers, free text, yes or no; validated and tidied."""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from shared.fields import field_schemas as schemas
from shared.fields.email_address import EMAIL_LENGTH, read_email_address
from shared.fields.person_name import NAME_LENGTH, read_person_name
from shared.fields.phone_number import PHONE_LENGTH, read_phone_number
from shared.fields.reading import SHORT, ReadingError, check_encodable, check_length, too_long
from shared.fields.refusal import refusal
from shared.fields.signs import FILLERS
from shared.wording.sentences import sentence
from shared.yes_no import WORDS, parse_yes_no

_INVISIBLE_ENDS = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f"


def _refusing(read: Callable[[str], str]) -> AfterValidator:
    """The reading as a validator, whose sentence pydantic passes on."""

    def check(text: str) -> str:
        try:
            return read(text)
        except ReadingError as error:
            refused = refusal(error.code, error.sentence)
        raise refused

    return AfterValidator(check)


def _trimmed(text: str) -> str:
    return text.strip().strip(_INVISIBLE_ENDS).strip()


def _one_address(value: object) -> object:
    if isinstance(value, list):
        raise refusal("email_one", sentence("fields.email.one"))
    return value


def free_text(limit: int, label: str) -> AfterValidator:
    """Checks text in the person's own words: any script, at most `limit` characters; line ends become line feeds.

    `label` begins the error message, as in "Adjustments must be 500 characters or fewer".
    """

    def read(text: str) -> str:
        check_length(text, limit, label)
        check_encodable(text)
        tidy = _trimmed(text.replace("\r\n", "\n").replace("\r", "\n"))
        if len(tidy) > limit:
            raise too_long(limit, label)
        if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in tidy):
            raise ReadingError("text_characters", sentence("fields.control-characters", label=label))
        return tidy

    return _refusing(read)


def one_line(limit: int, missing: str, label: str) -> AfterValidator:
    """Checks a required answer on one line; `missing` is the message if it is blank, `label` as in `free_text`."""

    def read(text: str) -> str:
        check_length(text, limit, label)
        check_encodable(text)
        tidy = " ".join(_trimmed(text).split())
        if not tidy.strip(FILLERS + _INVISIBLE_ENDS):
            raise ReadingError("text_missing", missing)
        if len(tidy) > limit:
            raise too_long(limit, label)
        if any(unicodedata.category(char) == "Cc" for char in tidy):
            raise ReadingError("text_characters", sentence("fields.control-characters", label=label))
        return tidy

    return _refusing(read)


def _agreed(value: object) -> object:
    if value is True or (isinstance(value, str) and _meaning(value)):
        return True
    raise refusal("agreement", sentence("messages.agree"))


def _yes_or_no(value: object) -> object:
    meaning = _meaning(value) if isinstance(value, str) else value
    if isinstance(meaning, bool):
        return meaning
    raise refusal("yes_or_no", sentence("messages.yes-or-no"))


def _meaning(text: str) -> bool | None:
    return parse_yes_no(text) if len(text) <= SHORT else None


def _words(*, meaning: bool) -> list[str]:
    return [word for word, stands_for in WORDS.items() if stands_for is meaning]


FullName = Annotated[str, _refusing(read_person_name), schemas.full_name(NAME_LENGTH)]
"""1 to 100 characters in any script, NFC, on one line; see `shared.fields.person_name`."""

EmailAddress = Annotated[str, BeforeValidator(_one_address), _refusing(read_email_address), schemas.email(EMAIL_LENGTH)]
"""One ASCII address, its domain in lower case and IDNA form; see `shared.fields.email_address`."""

PhoneNumber = Annotated[str, _refusing(read_phone_number), schemas.phone(PHONE_LENGTH)]
"""Any format that reaches a phone when dialled from the United Kingdom; see `shared.fields.phone_number`."""

Agreed = Annotated[Literal[True], BeforeValidator(_agreed), schemas.one_of(True, *_words(meaning=True))]
"""True, or a word for yes as in `shared.yes_no`."""

YesOrNo = Annotated[
    bool, BeforeValidator(_yes_or_no), schemas.one_of(True, False, *_words(meaning=True), *_words(meaning=False))
]
"""A boolean, or a word for one as in `shared.yes_no`."""

Marker = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{44}$")]
"""Characters by which a test of the running service is told from a referral, by whoever has its key."""

SubmissionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
"""An id made once for each form that is served, so that a form sent twice is recognised as one submission."""
