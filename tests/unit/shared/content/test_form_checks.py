"""The questions that a content file may ask, and the messages for those that do not work together."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from shared.content.agreement import agreed_part
from shared.content.content import Content, ContentError, load_content
from shared.content.form_checks import MAX_ANSWER_BYTES, MAX_ANSWER_FIELDS
from shared.content.question_catalogue import CATALOGUE
from shared.content.referral_record import MAX_RECORD_BYTES
from tests import builders

FILE = builders.ROOT / "functions" / "content" / "mersey-care" / "en.toml"
FORMS_ASK = {
    *("need_help_now", "works_here", "adult", "full_name", "pronouns", "contact_by", "email", "phone"),
    *("message_ok", "safe_contact_notes", "best_times", "therapy_language", "communication_support"),
    *("therapist_preference", "about_me", "what_brings_you", "current_support", "private_place", "availability"),
    *("adjustments", "date_of_birth", "gp", "therapist_preference_notes", "replaces"),
}


def asked(ask: str, **changes: Any) -> dict[str, Any]:
    return {"ask": ask, "label": f"{ask}?", "short": ask} | changes


def page(*questions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"title": "Page", "heading": "Heading", "questions": list(questions)} | changes


NAME = page(asked("full_name", required=True))
WAYS = page(asked("contact_by", required=True))
EMAIL = page(asked("email", required=True))
PHONE = page(asked("phone", required=True))
WORKS = [NAME, WAYS, EMAIL, PHONE]


def what_is_wrong(pages: list[dict[str, Any]], tmp_path: Path) -> str:
    """The message of loading a file with these pages."""
    said = builders.content().model_dump(mode="json", exclude_none=True)
    said["one_to_one"]["pages"] = pages
    try:
        Content.model_validate(said)
    except ValueError:
        path = tmp_path / "content.toml"
        path.write_text("\n".join(_toml(said)), "utf-8")
        with pytest.raises(ContentError) as caught:
            load_content(path)
        return str(caught.value)
    return ""


def _toml(value: dict[str, Any]) -> list[str]:
    """One line a member, tables inline: enough for what is dumped of a model."""
    return [f"{name} = {_inline(each)}" for name, each in value.items()]


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}" = {_inline(each)}' for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_everything_that_provider_s_forms_ask_can_be_asked() -> None:
    assert CATALOGUE.keys() == FORMS_ASK


def test_one_trust_asks_a_few_questions_and_another_all_of_them() -> None:
    assert builders.content().one_to_one.asked < builders.other_content().one_to_one.asked == CATALOGUE.keys()


def test_pages_that_go_together_are_loaded(tmp_path: Path) -> None:
    assert what_is_wrong(WORKS, tmp_path) == ""


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        pytest.param([page(asked("shoe_size"))], "'shoe_size' is not a question in the catalogue", id="unknown"),
        pytest.param([*WORKS, NAME], "full_name is asked twice", id="twice"),
        pytest.param([*WORKS, page(asked("gp", options={"a": "A"}))], "gp cannot have options", id="options of a text"),
        pytest.param(
            [NAME, page(asked("contact_by", required=True, options={"pigeon": "Pigeon"})), EMAIL, PHONE],
            "the options of contact_by must be from email, phone, text",
            id="an option that the service does not know",
        ),
        pytest.param([*WORKS, page(asked("private_place", options={"yes": "Yes"}))], "needs two options", id="one"),
        pytest.param(
            [page(asked("need_help_now", required=True, options={"no": "No", "yes": "Yes"})), *WORKS],
            "need_help_now needs all of its options",
            id="urgent help without a doubt",
        ),
        pytest.param([*WORKS, page(asked("gp", limit=301))], "the limit of gp is at most 300", id="limit too high"),
        pytest.param([*WORKS, page(asked("current_support", limit=5))], "the limit of", id="limit of radios"),
        pytest.param([page(asked("adult")), *WORKS], "adult must be required and alone", id="optional filter"),
        pytest.param(
            [page(asked("works_here", required=True), asked("gp")), *WORKS],
            "works_here must be required and alone on its page",
            id="filter in company",
        ),
        pytest.param([NAME, EMAIL, WAYS, PHONE], "email must not come before contact_by", id="email first"),
        pytest.param([page(asked("message_ok")), *WORKS], "message_ok must not come before", id="message first"),
        pytest.param([WAYS, EMAIL, PHONE], "full_name must be required", id="no name"),
        pytest.param([NAME], "contact_by, email or phone must be required", id="no way to reach anyone"),
        pytest.param([NAME, page(asked("contact_by")), EMAIL, PHONE], "contact_by must be required", id="no way"),
        pytest.param([NAME, WAYS, PHONE], "email must be required where contact_by offers it", id="no address"),
        pytest.param([NAME, WAYS, EMAIL], "phone must be required where contact_by offers a call", id="no number"),
        pytest.param(
            [
                *WORKS,
                *(page(asked(name)) for name in ("what_brings_you", "about_me", "adjustments", "best_times", "gp")),
            ],
            f"at most {MAX_ANSWER_BYTES}: lower some limits",
            id="longer than a form can be",
        ),
        pytest.param(
            [*WORKS, page(asked("therapist_preference", options={f"o{n}": "O" for n in range(90)}))],
            f"at most {MAX_ANSWER_FIELDS}: leave out some options",
            id="more fields than a form can have",
        ),
        pytest.param([*WORKS, page(asked("gp"), asked("about_me"), heading=None)], "needs a heading", id="no heading"),
    ],
)
def test_what_does_not_go_together_is_named(pages: list[dict[str, Any]], words: str, tmp_path: Path) -> None:
    pages = [{name: value for name, value in each.items() if value is not None} for each in pages]
    found = what_is_wrong(pages, tmp_path)
    assert found.startswith("missing or invalid values in the content file: one_to_one")
    assert words in found


def test_a_form_whose_longest_referral_no_cell_can_hold_is_named(tmp_path: Path) -> None:
    """Labels and options are sealed with the answers, and the content file may make them as long as it likes."""
    options = {f"o{number}": "O" * 8_000 for number in range(8)}
    found = what_is_wrong([*WORKS, page(asked("therapist_preference", options=options))], tmp_path)

    assert found.startswith("missing or invalid values in the content file: one_to_one")
    assert f"bytes, at most {MAX_RECORD_BYTES}: lower some limits, or shorten labels" in found


def test_error_messages_do_not_quote_the_content_file(tmp_path: Path) -> None:
    found = what_is_wrong([page(asked("gp", label="Secret?", short="Secret"))], tmp_path)
    assert found
    assert "Secret" not in found


def test_an_offered_way_that_is_left_out_needs_no_field(tmp_path: Path) -> None:
    by_mail = page(asked("contact_by", required=True, options={"email": "Only by email"}))
    assert what_is_wrong([NAME, by_mail, EMAIL], tmp_path) == ""


def test_the_guide_lists_every_question_of_the_catalogue_and_how_long_an_answer_may_be() -> None:
    text = (builders.ROOT / "docs" / "questions.md").read_text("utf-8").partition("## The catalogue")[2]
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert rows.keys() == CATALOGUE.keys()
    for question in CATALOGUE.values():
        assert not question.limit or f" {question.limit:,} " in rows[question.name]
        assert ("*" in rows[question.name]) is question.fixed


def test_questions_keep_the_order_of_the_content_file() -> None:
    said = agreed_part(tomllib.loads(FILE.read_text("utf-8")))["one_to_one"]
    assert [each["ask"] for page in said["pages"] for each in page["questions"]] == [
        each.ask for each in builders.content().one_to_one.questions
    ]
