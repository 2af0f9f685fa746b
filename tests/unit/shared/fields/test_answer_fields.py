"""Valid answers to each kind of question."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from shared.fields.answer_fields import TODAY
from shared.referrals.delivery.answer_layout import answer_pairs
from shared.referrals.intake.request import ReferralRequest, referral_model
from tests import builders
from tests.every_row import every_row

OTHER = builders.other_content().one_to_one
WHOLE: dict[str, Any] = {
    "works_here": "yes",
    "adult": "yes",
    "full_name": "Zoë Okafor",
    "pronouns": "she/her",
    "date_of_birth": "1980-03-27",
    "contact_by": ["email", "phone"],
    "email": "zoe@home.example",
    "phone": "07700 900 982",
    "message_ok": "no",
    "safe_contact_notes": "Not at night",
    "best_times": ["evenings", "shifts", "mornings"],
    "therapy_language": "Polish",
    "communication_support": "Captions",
    "therapist_preference": ["older"],
    "therapist_preference_notes": "Patient",
    "about_me": "I sing",
    "what_brings_you": "أشعر بالتعب\nand more",
    "current_support": "rather-not-say",
    "gp": "Dr Lee",
    "private_place": "not-sure",
    "availability": ["weekends"],
    "adjustments": "Breaks",
    "replaces": "34679CDF",
    "consent_share": True,
}


def taken(**changes: Any) -> ReferralRequest:
    """The referral, where all is answered but for these changes; None leaves an answer out."""
    values = {name: value for name, value in (WHOLE | changes).items() if value is not None}
    return referral_model(OTHER).model_validate(values, context={TODAY: date(2023, 9, 1)})


def refused(**changes: Any) -> list[tuple[str, str]]:
    try:
        taken(**changes)
    except ValidationError as error:
        return [(str(each["loc"][0]), each["msg"]) for each in error.errors(include_input=False)]
    return []


def answers(request: ReferralRequest) -> dict[str, Any]:
    found = json.loads(request.answers)
    assert isinstance(found, dict)
    return found


def test_a_form_that_asks_everything_takes_an_answer_to_everything() -> None:
    in_order = {"contact_by": ["phone", "email"], "best_times": ["mornings", "evenings", "shifts"]}
    assert answers(taken()) == WHOLE | in_order


@every_row(
    "given, message",
    [
        ("2000-02-31", "Born must be a real date, like 27 3 1980"),
        ("1700-01-01", "Born must be a real date, like 27 3 1980"),
        ("0-1-1", "Born must be a real date, like 27 3 1980"),
        ("2090-01-01", "Born must be in the past"),
        ("2023-09-02", "Born must be in the past"),
        ("1980-03-", "Born must include a day, a month and a year"),
        ("--27", "Born must include a day, a month and a year"),
        ("yesterday", "Born must include a day, a month and a year"),
        ("1980-٣-٤x", "Born must include a day, a month and a year"),
        ("80000-3-27", "Born must include a day, a month and a year"),
        ("1980-3-27-1", "Born must include a day, a month and a year"),
        ("1980-mars-27", "Born must include the month as a number, like 3 for March"),
        ("1980-3rd-27", "Born must include the month as a number, like 3 for March"),
        ("1980-February-31", "Born must be a real date, like 27 3 1980"),
        (" " * 60_000, "Born must include a day, a month and a year"),
    ],
)
def test_a_day_that_is_none_is_refused(given: str, message: str) -> None:
    assert refused(date_of_birth=given) == [("date_of_birth", message)]


@every_row(
    "given, kept",
    [("1980-3-27", "1980-03-27"), (" 1980 - 03 - 27 ", "1980-03-27"), ("١٩٨٠-٤-٣", "1980-04-03"), ("2023-09-01",) * 2]
    + [
        (f"1980-{month}-27", "1980-03-27")
        for month in ("March", "march", "MAR", "Mar.", " Marc ", "\u200e3\u200f", "\uff2dar")
    ]
    + [("1980-Sept-2", "1980-09-02"), ("1980-sep-2", "1980-09-02"), ("1980-may-2", "1980-05-02")],
)
def test_a_day_is_taken_in_any_digits_and_with_the_month_in_words_up_to_today(given: str, kept: str) -> None:
    assert answers(taken(date_of_birth=given))["date_of_birth"] == kept


@every_row("name", ["works_here", "adult"])
@every_row("given", ["no", True, "maybe", ["yes"], None, ""])
def test_eligibility_questions_must_be_answered_yes(name: str, given: object) -> None:
    assert [field for field, _ in refused(**{name: given})] == [name]


@every_row(
    "name, given",
    [
        ("contact_by", ["pigeon"]),
        ("contact_by", []),
        ("contact_by", None),
        ("best_times", ["sunday-mornings"]),
        ("availability", ""),
        ("message_ok", "discreet"),  # an option of the catalogue that this form does not offer
        ("therapist_preference", "woman"),
        ("current_support", 1),
        ("pronouns", "x" * 21),
        ("gp", "x" * 101),
        ("gp", "bell\x07"),
        ("what_brings_you", "  "),
        ("what_brings_you", "\ud800"),
        ("therapy_language", "\u3164"),
        ("full_name", "=1+1"),
        ("email", "Ann <ann@nhs.net>"),
        ("phone", "call me"),
        ("consent_share", "maybe"),
        ("need_help_now", "yes"),  # leads a person somewhere and is no part of a referral
        ("submission_id", "short"),
    ],
)
def test_what_is_no_answer_is_refused_and_nothing_else_with_it(name: str, given: object) -> None:
    assert {field for field, _ in refused(**{name: given})} == {name}


@every_row("name", ["pronouns", "safe_contact_notes", "gp", "best_times", "current_support", "adjustments"])
@every_row("blank", [None, "", "  "])
def test_what_is_optional_may_be_left_out_or_left_blank(name: str, blank: str | None) -> None:
    assert name not in answers(taken(**{name: blank}))


def test_one_option_and_a_list_of_one_are_the_same_answer() -> None:
    assert taken(best_times="shifts").answers == taken(best_times=["shifts", "shifts"]).answers


def test_an_address_and_a_number_that_are_not_to_be_used_are_not_kept() -> None:
    """Somebody who says "only by text" after typing an address must not be written to."""
    kept = answers(taken(contact_by=["text"], email="not even one", message_ok="no"))
    assert kept.keys() & {"email", "message_ok"} == set()
    assert kept["phone"] == "07700 900 982"


@pytest.mark.parametrize(
    ("ways", "needed"), [(["email"], {"email"}), (["text"], {"phone"}), (["phone"], {"phone", "message_ok"})]
)
def test_each_way_needs_its_own_details(ways: list[str], needed: set[str]) -> None:
    missing = dict.fromkeys(["email", "phone", "message_ok"])
    assert {field for field, _ in refused(contact_by=ways, **missing)} == needed - {"message_ok"}


def test_the_same_answers_are_the_same_text_whatever_their_order() -> None:
    model = referral_model(OTHER)
    backwards = model.model_validate(dict(reversed(WHOLE.items())), context={TODAY: date(2023, 9, 1)})
    assert backwards.answers == taken().answers
    assert backwards.answers != taken(gp="Dr Other").answers


# What the provider reads.


def read(**changes: Any) -> dict[str, str]:
    return dict(answer_pairs(json.loads(taken(**changes).record), builders.referral()))


def test_every_answer_is_laid_out_by_its_label_in_the_order_of_the_form_with_every_script_intact() -> None:
    read_in_order = answer_pairs(json.loads(taken().record), builders.referral())
    shorts = [each.short for each in OTHER.questions if each.question.kept]
    assert [label for label, _ in read_in_order] == [*shorts, "Received", "Consent"]
    said = dict(read_in_order)
    assert said["Born"] == "27 March 1980"
    assert said["Reached by"] == "By ringing me, By writing to me"
    assert said["Good to ring"] == "Weekday mornings, Weekday evenings, I work shifts"
    assert said["Tongue"] == "Polish (Polski)"
    assert said["Talk about"] == "أشعر بالتعب\nand more"
    assert said["Machine"] == "Do not"


def test_what_was_not_answered_is_said_once_and_what_was_not_asked_not_at_all() -> None:
    said = read(gp=None, best_times=None, contact_by=["email"], phone=None)
    assert said["Not answered"] == "Good to ring, Doctor"
    assert {"Doctor", "Number", "Machine"} & said.keys() == set()


def test_the_provider_sees_the_day_and_the_wording_that_was_agreed_to() -> None:
    said = read()
    assert said["Received"] == "Friday 1 September 2023"
    assert "wording of 2031-02-03" in said["Consent"]
    assert OTHER.consent in said["Consent"]


def test_a_day_that_someone_overwrote_does_not_keep_the_answers_from_being_read() -> None:
    said = dict(answer_pairs(json.loads(taken().record), builders.referral(received_on="last week")))
    assert (said["Received"], said["Called"]) == ("last week", "Zoë Okafor")


def test_sealed_answers_carry_their_labels_and_option_texts() -> None:
    """The content file may be another one by the time when the provider reads: everything needed is sealed along."""
    assert "safe_contact_notes" in taken().record
    assert all(each.label not in taken().record or each.short == each.label for each in OTHER.questions)
    record = json.loads(taken().record)
    assert {"ask": "message_ok", "label": "Machine", "answer": "Do not"} in record["answers"]


def test_routing_questions_are_not_sealed() -> None:
    assert "need_help_now" not in taken().record
    assert "Waiting" not in taken().record


def test_the_longest_answers_fit_into_a_cell_with_room_to_spare() -> None:
    widest = {each.ask: "😀" * each.max_length for each in OTHER.questions if each.question.kind == "long"}
    widest |= {"therapy_language": "😀" * 60, "pronouns": "😀" * 20, "full_name": "李" * 100}
    assert len(taken(**widest).record.encode()) < 40_000


def test_nothing_of_a_referral_is_in_what_is_printed_of_its_error() -> None:
    with pytest.raises(ValidationError) as caught:
        taken(date_of_birth="2090-01-01", gp="Secret\x07")
    assert "Secret" not in str([each["msg"] for each in caught.value.errors()])
