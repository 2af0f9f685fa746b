"""The size of a record follows from the content file, and no referral of its form is longer."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion
from shared.content.question_catalogue import CHARACTERS, Kind
from shared.content.referral_record import MAX_RECORD_BYTES, record_json, record_size
from shared.fields.answer_fields import TODAY
from shared.fields.email_address import EMAIL_LENGTH
from shared.fields.person_name import NAME_LENGTH
from shared.fields.phone_number import PHONE_LENGTH
from shared.referrals.intake.request import ReferralRequest, referral_model
from tests.builders import content, other_content
from tests.every_row import every_row

FORMS = {"one trust": content().one_to_one, "another trust": other_content().one_to_one}
LONGEST_EMAIL = f"{'a' * 64}@{('b' * 60 + '.') * 3}{'c' * 6}"
OWN_WORDS = {Kind.TEXT, Kind.LONG, Kind.LANGUAGE}
SCRIPTS = {
    "English": "x",
    "Arabic": "\N{ARABIC LETTER AIN}",
    "Amharic": "\N{ETHIOPIC SYLLABLE HA}",
    "Bengali": "\N{BENGALI LETTER KA}",
    "emoji": "\N{PENSIVE FACE}",
    "quotation marks": '"',
    "backslashes": "\\",
    "rare Chinese": "\U00020000",
}


def request(form: OneToOne, answers: dict[str, Any]) -> ReferralRequest:
    return referral_model(form).model_validate(answers | {"consent_share": True}, context={TODAY: date(2023, 9, 1)})


def every_answer(form: OneToOne, sign: str) -> dict[str, Any]:
    """Every question answered at its maximum, in words that consist of this sign."""
    return {each.ask: longest(each, sign) for each in form.questions if each.question.kept}


def longest(each: FormQuestion, sign: str) -> Any:
    codes = [option.code for option in each.choices]
    answers: dict[Kind, Any] = {
        Kind.NAME: (sign if sign.isalpha() else "x") * NAME_LENGTH,
        Kind.EMAIL: LONGEST_EMAIL,
        Kind.PHONE: "+44" + " " * 24 + "7700 900 982",
        Kind.DATE: "1980-09-30",
        Kind.ONE: each.question.passing or max(codes, key=len, default=""),
        Kind.SEVERAL: codes,
    }
    return sign * each.max_length if each.question.kind in OWN_WORDS else answers[each.question.kind]


@every_row("form", FORMS.values())
@every_row("sign", SCRIPTS.values())
def test_a_referral_with_every_answer_at_its_longest_is_no_longer_than_the_size(sign: str, form: OneToOne) -> None:
    made = request(form, every_answer(form, sign))

    assert len(made.record.encode()) <= form.record_size <= MAX_RECORD_BYTES
    assert all(each.short in made.record for each in form.questions if each.question.kept)


def test_the_longest_answers_are_as_long_as_the_fields_take() -> None:
    assert len(LONGEST_EMAIL) == EMAIL_LENGTH
    expected = {Kind.NAME: NAME_LENGTH, Kind.EMAIL: EMAIL_LENGTH, Kind.PHONE: PHONE_LENGTH}
    assert expected == CHARACTERS


@given(st.data())
def test_no_referral_is_longer_than_the_size(data: st.DataObject) -> None:
    """Whatever the fields let through, signs that JSON escapes among them."""
    form = data.draw(st.sampled_from(list(FORMS.values())))
    answers = [(each, data.draw(some_words(each))) for each in form.questions if each.question.kept]

    made = record_json(answers, form.consent_version, form.consent)

    assert len(made.encode()) <= form.record_size


def some_words(each: FormQuestion) -> st.SearchStrategy[str]:
    most = CHARACTERS.get(each.question.kind, each.max_length)
    if not most or each.choices:
        return st.sampled_from(["", *(option.words for option in each.choices)])
    sign = st.characters(exclude_categories=["Cs"])
    return st.one_of(st.text(sign, max_size=min(most, 40)), sign.map(lambda one: one * most))


def test_the_size_is_the_same_for_a_form_whose_words_change_a_little() -> None:
    form = content().one_to_one
    changed = form.model_copy(update={"consent": form.consent + "."})

    assert form.record_size % 1024 == 0
    assert changed.record_size == form.record_size
    assert form.model_copy(update={"consent": form.consent + "." * 1024}).record_size == form.record_size + 1024


@pytest.mark.parametrize(("more", "is_stored"), [(0, True), (1, False)])
def test_the_size_reaches_to_the_last_byte_of_a_cell(more: int, is_stored: bool) -> None:
    empty = len(record_json([], "1", ""))
    size = record_size([], [], "1", "x" * (MAX_RECORD_BYTES - empty + more))

    assert size == MAX_RECORD_BYTES + more
    assert (size + 16 <= 65_536) is is_stored


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_record_holds_the_wording_agreed_to_and_its_version(form: OneToOne) -> None:
    made = json.loads(request(form, every_answer(form, "x")).record)

    assert made["consent"] == {"version": form.consent_version, "statement": form.consent}
