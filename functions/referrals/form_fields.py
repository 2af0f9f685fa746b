"""Form fields of the referral questions, and the answer that they make up for each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from functions.forms.body import Submission
from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion
from shared.content.question_catalogue import Kind

ANOTHER = "another"
CONSENT = "consent_share"
DATE_PARTS = ("day", "month", "year")


def another_input(asked: FormQuestion) -> str:
    """The field for a language that is not in the list."""
    return f"{asked.ask}-{ANOTHER}"


def date_inputs(asked: FormQuestion) -> tuple[str, ...]:
    """The fields for day, month and year."""
    return tuple(f"{asked.ask}-{part}" for part in DATE_PARTS)


def _inputs(asked: FormQuestion) -> tuple[str, ...]:
    if asked.question.kind is Kind.DATE:
        return date_inputs(asked)
    return (asked.ask, another_input(asked)) if asked.question.kind is Kind.LANGUAGE else (asked.ask,)


@dataclass(frozen=True, slots=True)
class FormFields:
    """All values entered on all pages, by field, exactly as the browser sent them."""

    fields: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def of(cls, submission: Submission, form: OneToOne) -> "FormFields":
        """Fields that the form does not have are left out."""
        names = [*(name for asked in form.questions for name in _inputs(asked)), CONSENT]
        return cls({name: _texts(submission.values[name]) for name in names if name in submission.values})

    def text(self, name: str) -> str:
        """The one value of a field; empty if it has none or several."""
        values = self.fields.get(name, ())
        return values[0] if len(values) == 1 else ""

    def answers(self, form: OneToOne) -> dict[str, object]:
        """The answer to each question, for a model to validate; unanswered questions are left out."""
        found = {asked.ask: self._answer(asked) for asked in form.questions}
        return {name: answer for name, answer in found.items() if answer}

    def hidden(self, shown: tuple[FormQuestion, ...], *, consent: bool) -> Iterator[tuple[str, str]]:
        """The hidden fields of a page, for answers that it does not show, as pairs of name and value.

        `shown` are the questions on the page; `consent` is true if the consent box is on it.
        """
        on_page = {name for asked in shown for name in _inputs(asked)} | ({CONSENT} if consent else set())
        for name, values in self.fields.items():
            if name not in on_page:
                yield from ((name, value) for value in values)

    def without(self, questions: Iterable[FormQuestion]) -> "FormFields":
        """The fields without those of these questions."""
        left_out = {name for asked in questions for name in _inputs(asked)}
        return FormFields({name: values for name, values in self.fields.items() if name not in left_out})

    def _answer(self, asked: FormQuestion) -> str | list[str]:
        if asked.question.kind is Kind.DATE:
            parts = [self.text(name).strip() for name in reversed(date_inputs(asked))]
            return "-".join(parts) if any(parts) else ""
        if asked.question.kind is Kind.LANGUAGE and self.fields.get(asked.ask, ()) in {(), (ANOTHER,)}:
            return self.text(another_input(asked))
        values = list(self.fields.get(asked.ask, ()))
        # A single-value field that came twice stays a list, which validation refuses.
        return values if asked.question.kind is Kind.SEVERAL or len(values) != 1 else values[0]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (str(value),)
