"""Form fields: values that are accepted, tidied or refused, and the messages."""

import unicodedata
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.fields.field_types import Agreed, EmailAddress, FullName, PhoneNumber, YesOrNo
from shared.normalised_address import normalised_address
from shared.yes_no import WORDS
from tests.every_row import every_row

FORMAT = "Enter an email address in the correct format, like name@example.com"
LINK = "Name must not include a web address; put a space after a full stop"

NAME: TypeAdapter[str] = TypeAdapter(FullName)
EMAIL: TypeAdapter[str] = TypeAdapter(EmailAddress)
PHONE: TypeAdapter[str] = TypeAdapter(PhoneNumber)
AGREED: TypeAdapter[bool] = TypeAdapter(Agreed)
YES_OR_NO: TypeAdapter[bool] = TypeAdapter(YesOrNo)


def refusal(adapter: TypeAdapter[Any], value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    return caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "name",
    [
        "Zoë",
        "Ọ́káfọ̀ Adébáyọ̀",
        "李",
        "أحمد",
        "O’Neill-Smith",
        "O'Neil",
        "J. R. R. Tolkien",
        "‘Abd al-Rahman",
        "می‌نا",
        "Ann",
    ],
)
def test_a_name_in_any_script_is_kept(name: str) -> None:
    assert NAME.validate_python(f"  {name} ") == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u3164", "\ufeff \u2060"])
def test_a_name_that_shows_nothing_is_missing(name: str) -> None:
    assert refusal(NAME, name) == "Enter your name"


@every_row(
    "name, said",
    [
        ("Ann\r\nBcc: x@y.z", "include a line break"),
        ("Ann\x00", "include a null character"),
        ("Ann\x0bSmith", "include a line break"),
        ("Ann\u202e", "include a right-to-left override sign (U+202E)"),
        ("Ann\u200bSmith", "include a zero width space sign (U+200B)"),
        ("Ann \u2066Smith", "include a left-to-right isolate sign (U+2066)"),
        ("-", "begin with -"),
        ("=HYPERLINK(1)", "begin with ="),
        ("+1", "begin with +"),
        ("@x", "begin with @"),
        ("-2+3", "begin with -"),
        ("\t=1", "begin with ="),
        ("https://evil.example", "include a web address"),
        ("<b>", "include <"),
        ("{{7*7}}", "include {"),
        ("Ann/Smith", "include /"),
        ("Ann\u200d Smith", "include a zero width joiner sign (U+200D)"),
    ],
)
def test_a_name_with_anything_else_in_it_is_refused_by_the_name_of_the_sign(name: str, said: str) -> None:
    assert refusal(NAME, name) == f"Name must not {said}"


@pytest.mark.parametrize("name", ["...", "123", "(1)"])
def test_a_name_has_a_letter(name: str) -> None:
    assert refusal(NAME, name) == "Name must include at least one letter"


@pytest.mark.parametrize("name", ["visit evil.example", "www.evil.com", "t.co"])
def test_a_name_that_a_mail_programme_would_make_a_link_is_refused(name: str) -> None:
    assert refusal(NAME, name) == LINK


def test_a_name_has_at_most_a_hundred_characters() -> None:
    assert NAME.validate_python("a" * 100) == "a" * 100
    assert refusal(NAME, "a" * 101) == "Name must be 100 characters or fewer"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ann@Example.NHS.uk ", "Ann@example.nhs.uk"),
        ("\u200bann@nhs.net\u200b", "ann@nhs.net"),
        ("ann@nhs.net.", "ann@nhs.net"),
        ("ann@nhs．net", "ann@nhs.net"),
        ("o'neil@nhs.net", "o'neil@nhs.net"),
        ("ann+x@nhs.net", "ann+x@nhs.net"),
        ("ann@müller.example.org", "ann@xn--mller-kva.example.org"),
    ],
)
def test_an_address_is_tidied(typed: str, kept: str) -> None:
    assert EMAIL.validate_python(typed) == kept


@every_row(
    "typed",
    [
        *(
            "plainaddress",
            "@nhs.net",
            "a@@nhs.net",
            "a@nhs",
            "Ann <ann@nhs.net>",
            "ann@nhs.net\r\nBcc: x",
            "аnn@nhs.net",
        ),
        *("ann@nhs .net", "an\u200bn@nhs.net", f"{'a' * 65}@nhs.net", f"ann@{'a' * 310}.net", '"quoted"@nhs.net'),
        *("ann@[127.0.0.1]", "."),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert refusal(EMAIL, typed).startswith(FORMAT)


@pytest.mark.parametrize("typed", ["a@nhs.net,b@nhs.net", "a@nhs.net;b@nhs.net", "a@nhs.net b@nhs.net"])
def test_two_addresses_are_one_too_many(typed: str) -> None:
    assert refusal(EMAIL, typed) == "Enter one email address"


@pytest.mark.parametrize("typed", ["", "  ", "\u200b"])
def test_no_address_is_missing(typed: str) -> None:
    assert refusal(EMAIL, typed) == "Enter your email address"


@pytest.mark.parametrize("typed", ["07700 900 123", "+44 7700 900123", "(0151) 496 0000", "+33 6 12 34 56 78"])
def test_a_number_in_any_format_is_kept_as_typed(typed: str) -> None:
    assert PHONE.validate_python(typed) == typed


@pytest.mark.parametrize("typed", ["call me", "123", "", "07700 900 123 or after six", "0" * 50])
def test_what_cannot_be_a_number_is_refused(typed: str) -> None:
    assert refusal(PHONE, typed).startswith("Enter a phone number")


@pytest.mark.parametrize("adapter", [NAME, EMAIL, PHONE])
def test_lone_surrogate_is_refused(adapter: TypeAdapter[str]) -> None:
    assert refusal(adapter, "\ud800")


@pytest.mark.parametrize(("word", "meaning"), WORDS.items())
def test_every_word_for_yes_and_no_is_taken_in_any_case(word: str, *, meaning: bool) -> None:
    assert YES_OR_NO.validate_python(f" {word.title()} ") is meaning


@pytest.mark.parametrize("meaning", [True, False])
def test_a_boolean_is_yes_or_no(*, meaning: bool) -> None:
    assert YES_OR_NO.validate_python(meaning) is meaning


@pytest.mark.parametrize("value", ["maybe", "", None, 1, 0])
def test_what_is_neither_yes_nor_no_is_refused(value: object) -> None:
    assert refusal(YES_OR_NO, value) == "Select yes or no"


@pytest.mark.parametrize("value", [True, "yes", "on", "1", " Y "])
def test_agreement_is_true_or_a_word_for_yes(value: object) -> None:
    assert AGREED.validate_python(value) is True


@pytest.mark.parametrize("value", [False, "no", "0", "", None, 1, "agreed"])
def test_anything_else_is_no_agreement(value: object) -> None:
    assert refusal(AGREED, value) == "Select to confirm you agree"


def test_the_schemas_name_every_value_that_is_taken() -> None:
    yes, no = ([word for word, meaning in WORDS.items() if meaning is wanted] for wanted in (True, False))

    assert AGREED.json_schema() == {"enum": [True, *yes]}
    assert YES_OR_NO.json_schema() == {"enum": [True, False, *yes, *no]}


def test_a_tag_and_capitals_make_no_other_person() -> None:
    assert normalised_address("Ann+x@NHS.net") == normalised_address("ann@nhs.net") == "ann@nhs.net"
