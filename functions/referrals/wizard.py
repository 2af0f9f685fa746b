"""The referral form as a state machine: the next page, given the answers so far. Nothing is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from functions.forms.body import Submission
from functions.forms.validation import FieldError, FormError, validate
from functions.referrals.form_fields import FormFields
from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion, QuestionPage
from shared.content.question_catalogue import CALLS_FOR_HELP, EMAIL, URGENT
from shared.fields.answer_fields import TODAY, missing
from shared.fields.email_address import read_email_address
from shared.fields.reading import ReadingError
from shared.referrals.intake.request import pages_model

START = "start"
HELP = "help"
NOT_FOR_YOU = "not-for-you"
CHECK = "check"
CONSENT = "consent"
BUSY = "busy"

BACK = "back"
AGAIN = "again"
SKIP = "skip"
CHANGE = "change:"


@dataclass(frozen=True, slots=True)
class Step:
    """The page to show: one of the constants above, or a page of questions by its key.

    `returning` is set while someone changes an answer from the check page. `warned` is set once they have been warned
    that an employer may read a work mailbox; `shows_warning` is set on the one page that shows the warning.
    """

    at: str
    returning: bool = False
    warned: bool = False
    shows_warning: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The number of a page among those of the form that this person is asked to fill in, counted from 1."""

    number: int
    of: int


@dataclass(frozen=True)
class Wizard:
    """One person's form. `today` is the day in London; `is_work_address` recognises the employer's addresses."""

    form: OneToOne
    typed: FormFields = field(repr=False)
    today: date
    is_work_address: Callable[[str], bool]

    def next_step(self, at: str, go: str, current: Step) -> Step:
        """The step after `at` for the button `go`: Back, Change or, with any other value, Continue.

        To skip is to continue, from a wizard without those answers: see `skipping`.

        `AGAIN` shows the step itself once more, with the answers as they are now: for the browser's own Back.

        `current` holds the flags of the present step: returning and warned.
        """
        if go.startswith(CHANGE) and go.removeprefix(CHANGE) in self._pages:
            return replace(current, at=go.removeprefix(CHANGE), returning=True)
        if go == BACK:
            return self._step_back(at, current)
        if go == AGAIN:
            return replace(current, at=self._nearest(at))
        if at in self._pages:
            return self._continue_from(self._pages[at], current)
        if at == CHECK:
            return self.first_blocking_step(current) or replace(current, at=CONSENT)
        return self._step_after(URGENT, current) if at == HELP else replace(current, at=self._keys[0], returning=False)

    def first_blocking_step(self, current: Step) -> Step | None:
        """The first page that keeps the referral from being sent; None if all pages are valid."""
        for key in self._keys:
            if self._errors_on(key):
                return replace(current, at=key, errors=self._errors_on(key), returning=True)
            if self._excludes(key):
                return replace(current, at=NOT_FOR_YOU)
        return None

    def shown(self, key: str) -> tuple[FormQuestion, ...]:
        """The questions of a page that apply to this person."""
        given = self.typed.answers(self.form)
        return tuple(each for each in self._pages[key].questions if each.is_for(given, self.form.asked))

    def page(self, key: str) -> QuestionPage | None:
        return self._pages.get(key)

    def may_skip(self, key: str) -> bool:
        """True if the page has several questions, and none of them has to be answered."""
        questions = self._pages[key].questions if key in self._pages else ()
        return len(questions) > 1 and not any(each.required for each in questions)

    def skipping(self, key: str) -> "Wizard":
        """The form without what was typed on this page, if it may be skipped."""
        return replace(self, typed=self.typed.without(self._pages[key].questions)) if self.may_skip(key) else self

    def place(self, key: str) -> Place | None:
        """The place of a page of questions; None for any other.

        A page counts until an answer leaves it out, so that the way to the end never grows while someone goes on.
        """
        given, asked = self.typed.answers(self.form), self.form.asked
        pages = self._pages.values()
        keys = [page.key for page in pages if any(each.may_be_for(given, asked) for each in page.questions)]
        return Place(keys.index(key) + 1, len(keys)) if key in keys else None

    def rows(self) -> list[tuple[QuestionPage, FormQuestion]]:
        """The questions on the check page, in order, each with its page."""
        pages = [(self._pages[key], asked) for key in self._keys for asked in self.shown(key)]
        return [(page, asked) for page, asked in pages if asked.question.kept]

    @cached_property
    def _pages(self) -> dict[str, QuestionPage]:
        return {page.key: page for page in self.form.pages}

    @property
    def _keys(self) -> list[str]:
        """The keys of the pages that apply to this person, in order."""
        return [key for key in self._pages if self.shown(key)]

    @property
    def given(self) -> Mapping[str, object]:
        """The answers as they will be sent if all are valid, else as typed."""
        return self._validated[0]

    @property
    def _errors(self) -> tuple[FieldError, ...]:
        return self._validated[1]

    @cached_property
    def _validated(self) -> tuple[Mapping[str, object], tuple[FieldError, ...]]:
        typed = self.typed.answers(self.form)
        sent = Submission(typed, is_form=True)
        try:
            given = validate(pages_model(self.form), sent, missing(self.form.questions), {TODAY: self.today})
        except FormError as error:
            return typed, error.errors
        return given.model_dump(), ()

    def _errors_on(self, key: str) -> tuple[FieldError, ...]:
        names = {asked.ask for asked in self._pages[key].questions}
        return tuple(error for error in self._errors if error.field in names)

    def _excludes(self, key: str) -> bool:
        return any(
            asked.question.passing and self.typed.text(asked.ask) != asked.question.passing
            for asked in self._pages[key].questions
        )

    def _continue_from(self, page: QuestionPage, current: Step) -> Step:
        if self._errors_on(page.key):
            return replace(current, at=page.key, errors=self._errors_on(page.key))
        if self._excludes(page.key):
            return replace(current, at=NOT_FOR_YOU)
        if page.key == URGENT and self.typed.text(URGENT) in CALLS_FOR_HELP:
            return replace(current, at=HELP)
        if not current.warned and self._has_work_address(page):
            return replace(current, at=page.key, warned=True, shows_warning=True)
        return self._step_after(page.key, current)

    def _has_work_address(self, page: QuestionPage) -> bool:
        asks = any(asked.ask == EMAIL for asked in self.shown(page.key))
        return asks and self.is_work_address(_address(self.typed.text(EMAIL)))

    def _step_after(self, key: str, current: Step) -> Step:
        if current.returning:
            # A changed answer may require another that was not needed before.
            blocking = self.first_blocking_step(current)
            return replace(blocking, errors=()) if blocking else replace(current, at=CHECK, returning=False)
        later = self._keys[self._keys.index(key) + 1 :] if key in self._keys else []
        return replace(current, at=later[0] if later else CHECK)

    def _nearest(self, at: str) -> str:
        """This step, or one near it if the answers leave it out by now."""
        if at in {HELP, NOT_FOR_YOU, CHECK, CONSENT}:
            return at
        if at == BUSY:
            return CONSENT
        pages = list(self._pages)
        passed = pages[: pages.index(at) + 1] if at in pages else []
        return next((key for key in reversed(passed) if key in self._keys), START)

    def _step_back(self, at: str, current: Step) -> Step:
        if at in {CONSENT, BUSY} or (current.returning and at in self._pages):
            return replace(current, at=CHECK, returning=False)
        if at == HELP:
            return replace(current, at=URGENT)
        if at == NOT_FOR_YOU:
            return replace(current, at=next((key for key in self._keys if self._excludes(key)), self._keys[0]))
        keys = [START, *self._keys]
        place = keys.index(at) if at in keys else len(keys)
        return replace(current, at=keys[max(place - 1, 0)])


def _address(typed: str) -> str:
    """The address that the referral would carry, however it was typed; empty if it is none."""
    try:
        return read_email_address(typed)
    except ReadingError:
        return ""
