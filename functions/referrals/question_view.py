"""View-models of a referral: each question with the answer as typed, and the answers to check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from functions.referrals.form_fields import DATE_PARTS, FormFields, another_input, date_inputs
from functions.referrals.wizard import Wizard
from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion
from shared.content.question_catalogue import Kind
from shared.fields.answer_text import in_words
from shared.wording.sentences import sentence
from shared.wording.translation import translated


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option; `own` is a language's own name for itself, and `code` its language tag."""

    value: str
    words: str
    checked: bool
    own: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class PartView:
    """One of several fields that a question has: a part of a date, or the language that is not in the list."""

    name: str
    label: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question as a template shows it."""

    name: str
    kind: str
    label: str
    hint: str
    limit: int
    value: str = field(repr=False)
    options: tuple[OptionView, ...] = field(repr=False)
    parts: tuple[PartView, ...] = field(repr=False)

    @classmethod
    def of(
        cls, asked: FormQuestion, typed: FormFields, form: OneToOne, translate: Callable[[str], str]
    ) -> "QuestionView":
        return cls(
            name=asked.ask,
            kind=str(asked.question.kind),
            label=translated(asked.label_in_form, translate),
            hint=asked.hint or "",
            limit=asked.max_length,
            value=typed.text(asked.ask),
            options=_options(asked, typed, form, translate),
            parts=_parts(asked, typed, translate),
        )

    @property
    def choices(self) -> list[dict[str, object]]:
        """The options in the form that the radios and checkboxes components take."""
        return [{"value": each.value, "text": each.words, "checked": each.checked} for each in self.options]


@dataclass(frozen=True, slots=True)
class RowView:
    """One answer to check; `page` is the page that changes it."""

    page: str
    label: str
    answer: str = field(repr=False)


def answers_to_check(wizard: Wizard, translate: Callable[[str], str]) -> list[RowView]:
    """Every question asked, with the answer as given; empty if there is none."""
    given = wizard.given
    return [
        RowView(page.key, asked.short, _words(asked, given, wizard.form, translate)) for page, asked in wizard.rows()
    ]


def _words(asked: FormQuestion, given: Mapping[str, object], form: OneToOne, translate: Callable[[str], str]) -> str:
    try:
        answer = given.get(asked.ask)
        return in_words(asked, tuple(answer) if isinstance(answer, list) else answer, form.languages, translate)
    except ValueError:  # no valid date: shown as typed, and refused before the next page
        return str(given.get(asked.ask))


def _options(
    asked: FormQuestion, typed: FormFields, form: OneToOne, translate: Callable[[str], str]
) -> tuple[OptionView, ...]:
    chosen = typed.fields.get(asked.ask, ())
    if asked.question.kind is Kind.LANGUAGE:
        listed = [(each.name, each.name, each.own, each.code) for each in form.languages]
        return tuple(OptionView(v, w, v in chosen, "" if own == w else own, code) for v, w, own, code in listed)
    return tuple(OptionView(each.code, translate(each.words), each.code in chosen) for each in asked.choices)


def _parts(asked: FormQuestion, typed: FormFields, translate: Callable[[str], str]) -> tuple[PartView, ...]:
    if asked.question.kind is Kind.DATE:
        named = zip(date_inputs(asked), DATE_PARTS, strict=True)
        return tuple(PartView(name, translate(sentence(f"form.date.{part}")), typed.text(name)) for name, part in named)
    if asked.question.kind is Kind.LANGUAGE:
        label = translate(sentence("form.enter-the-language"))
        return (PartView(another_input(asked), label, typed.text(another_input(asked))),)
    return ()
