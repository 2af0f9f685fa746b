"""Types of form fields: names, email addresses, phone numbers, free text, yes or no; validated and tidied."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.fields import field_schemas as schemas
from shared.yes_no import WORDS, parse_yes_no

NAME_LENGTH = 100
EMAIL_LENGTH = 254
PHONE_LENGTH = 40

_INVISIBLE_ENDS = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_JOINERS = "\u200c\u200d"  # written inside words of Persian and several Indic scripts
_FILLERS = "\u115f\u1160\u3164\uffa0"  # letters by category, and blank to the eye
_NAME_MARKS = " .'-\u2019\u2018\u02bc\u2010\u2011\u00b7"
_LINK = re.compile(r"\.[^\W\d_]{2,}")


def _refuse(code: str, message: str) -> PydanticCustomError:
    # A code and a fixed sentence: never the value, which would end up in logs and error bodies.
    return PydanticCustomError(code, message)


def _trimmed(text: str) -> str:
    return text.strip().strip(_INVISIBLE_ENDS).strip()


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _refuse("text_encoding", "Enter text that can be read") from None
    return text


def _letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM" and char not in _FILLERS


def _allowed_in_name(text: str, place: int) -> bool:
    char = text[place]
    if char in _JOINERS:
        return 0 < place < len(text) - 1 and _letter(text[place - 1]) and _letter(text[place + 1])
    return _letter(char) or char in _NAME_MARKS


def _full_name(text: str) -> str:
    name = unicodedata.normalize("NFC", _trimmed(text))
    if not name.strip(_FILLERS + _INVISIBLE_ENDS):
        raise _refuse("name_missing", "Enter your name")
    if len(name) > NAME_LENGTH:
        raise _refuse("name_length", f"Name must be {NAME_LENGTH} characters or fewer")
    if not _is_a_name(name):
        raise _refuse("name_characters", "Name must only include letters, spaces, hyphens, apostrophes and full stops")
    if _LINK.search(name):  # an email program would show it as a link in an email from this service
        raise _refuse("name_characters", "Name must not include a web address; put a space after a full stop")
    return name


def _is_a_name(name: str) -> bool:
    allowed = all(_allowed_in_name(name, place) for place in range(len(name)))
    return allowed and any(map(_letter, name)) and _starts_like_a_name(name)


def _starts_like_a_name(name: str) -> bool:
    # Other characters at the front would make it a formula in a spreadsheet of the exported roster.
    return _letter(name[0]) or name[0] in "'\u2019\u2018\u02bc"


def _one_address(value: object) -> object:
    if isinstance(value, list):
        raise _refuse("email_one", "Enter one email address")
    return value


def _email_address(text: str) -> str:
    # Imported late: it takes 0.1 s, and only a form needs it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # see above

    address = _trimmed(text)
    if not address:
        raise _refuse("email_missing", "Enter your email address")
    if re.search(r"[,;\s]\s*\S+@", address) and address.count("@") > 1:
        raise _refuse("email_one", "Enter one email address")
    try:
        found = validate_email(address, allow_smtputf8=False, check_deliverability=False, strict=True)
    except EmailNotValidError:
        found = None
    if found is None or found.ascii_email is None or len(found.ascii_email) > EMAIL_LENGTH:
        raise _refuse("email_format", "Enter an email address in the correct format, like name@example.com")
    return found.ascii_email


def _phone(text: str) -> str:
    import phonenumbers  # noqa: PLC0415  # only a form that asks for a number needs its tables

    number = _trimmed(text)
    try:
        possible = phonenumbers.is_possible_number(phonenumbers.parse(number, "GB"))
    except phonenumbers.NumberParseException:
        possible = False
    if not possible or len(number) > PHONE_LENGTH:
        raise _refuse("phone_format", "Enter a phone number, like 07700 900 982 or +44 7700 900 982")
    return number


def free_text(limit: int, label: str) -> AfterValidator:
    """Checks text in the person's own words: any script, at most `limit` characters; line ends become line feeds.

    `label` begins the error message, as in "Adjustments must be 500 characters or fewer".
    """

    def check(text: str) -> str:
        tidy = _trimmed(_encodable(text).replace("\r\n", "\n").replace("\r", "\n"))
        if len(tidy) > limit:
            raise _refuse("text_length", f"{label} must be {limit:,} characters or fewer")
        if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in tidy):
            raise _refuse("text_characters", f"{label} must not include control characters")
        return tidy

    return AfterValidator(check)


def one_line(limit: int, missing: str, label: str) -> AfterValidator:
    """Checks a required answer on one line; `missing` is the message if it is blank, `label` as in `free_text`."""

    def check(text: str) -> str:
        tidy = " ".join(_trimmed(_encodable(text)).split())
        if not tidy.strip(_FILLERS + _INVISIBLE_ENDS):
            raise _refuse("text_missing", missing)
        if len(tidy) > limit:
            raise _refuse("text_length", f"{label} must be {limit:,} characters or fewer")
        if any(unicodedata.category(char) == "Cc" for char in tidy):
            raise _refuse("text_characters", f"{label} must not include control characters")
        return tidy

    return AfterValidator(check)


def _agreed(value: object) -> object:
    if value is True or (isinstance(value, str) and parse_yes_no(value)):
        return True
    raise _refuse("agreement", "Select to confirm you agree")


def _yes_or_no(value: object) -> object:
    meaning = parse_yes_no(value) if isinstance(value, str) else value
    if isinstance(meaning, bool):
        return meaning
    raise _refuse("yes_or_no", "Select yes or no")


def _words(*, meaning: bool) -> list[str]:
    return [word for word, stands_for in WORDS.items() if stands_for is meaning]


FullName = Annotated[str, AfterValidator(_encodable), AfterValidator(_full_name), schemas.full_name(NAME_LENGTH)]
"""1 to 100 characters in any script, NFC; no control, direction or invisible characters, no link, no formula."""

EmailAddress = Annotated[
    str,
    BeforeValidator(_one_address),
    AfterValidator(_encodable),
    AfterValidator(_email_address),
    schemas.email(EMAIL_LENGTH),
]
"""One ASCII address, its domain in lower case and IDNA form, as `email-validator` normalises it."""

PhoneNumber = Annotated[str, AfterValidator(_encodable), AfterValidator(_phone), schemas.phone(PHONE_LENGTH)]
"""Any format that can be a number when dialled from the United Kingdom; kept as typed."""

Agreed = Annotated[Literal[True], BeforeValidator(_agreed), schemas.one_of(True, *_words(meaning=True))]
"""True, or a word for yes as in `shared.yes_no`."""

YesOrNo = Annotated[
    bool, BeforeValidator(_yes_or_no), schemas.one_of(True, False, *_words(meaning=True), *_words(meaning=False))
]
"""A boolean, or a word for one as in `shared.yes_no`."""

SubmissionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
"""An id made once for each form that is served, so that a form sent twice is recognised as one submission."""
