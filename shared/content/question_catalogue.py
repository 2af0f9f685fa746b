"""Every question that a self-referral can ask: its kind and its options.

The content file decides the selection, order and wording of the questions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.wording.sentences import sentence
from shared.wording.translation import Sentence


class Kind(StrEnum):
    """The kind of a question: its form controls and its valid answers."""

    NAME = "name"
    TEXT = "text"  # one line
    LONG = "long"  # lines in the person's own words
    EMAIL = "email"
    PHONE = "phone"
    ONE = "one"  # one of several options
    SEVERAL = "several"  # any number of options
    LANGUAGE = "language"  # one of the languages of the content file, or another one by name
    DATE = "date"  # a day in the past, YYYY-MM-DD


CHARACTERS: Mapping[Kind, int] = {Kind.NAME: 100, Kind.EMAIL: 254, Kind.PHONE: 40}
"""The most characters of an answer whose kind decides them; for the other kinds of text its question does."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The condition of a question: the answer to `question` contains one of `answers`."""

    question: str
    answers: frozenset[str]

    def are_met(self, given: Mapping[str, object]) -> bool:
        """True if the answers so far, each text or a list or tuple of text, meet the condition."""
        answer = given.get(self.question)
        return not self.answers.isdisjoint(answer if isinstance(answer, (list, tuple)) else (answer,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the catalogue.

    `codes` are those of its options. If the service acts on them they are `fixed`: a content file may reword and leave
    out options, but not add any. `passing` is the only answer that makes a person eligible. An
    answer that is not `kept` only leads a person to a page.
    """

    name: str
    kind: Kind
    limit: int = 0
    codes: tuple[str, ...] = ()
    fixed: bool = False
    needs: Needs | None = None
    passing: str = ""
    kept: bool = True

    @property
    def missing(self) -> Sentence:
        """The message for a missing answer."""
        return sentence(f"questions.missing.{self.name}")

    @property
    def options(self) -> Mapping[str, Sentence]:
        """The words of the options by their codes, in the order shown."""
        return {code: sentence(f"questions.options.{self.name}.{code}") for code in self.codes}

    @property
    def leads_elsewhere(self) -> bool:
        """True if an answer can lead away from the form: such a question is required and alone on its page."""
        return bool(self.passing) or not self.kept


URGENT = "need_help_now"
CONTACT_BY = "contact_by"
EMAIL = "email"
PHONE = "phone"
CALLS_FOR_HELP = frozenset({"yes", "not-sure"})
BY_NUMBER = frozenset({"phone", "text"})

_TIMES = ("mornings", "afternoons", "evenings", "weekends", "any-time", "shifts")
_YES_NO = ("yes", "no")

_QUESTIONS = (
    Question(
        name=URGENT,
        kind=Kind.ONE,
        codes=("no", "yes", "not-sure"),
        fixed=True,
        kept=False,
    ),
    Question(
        name="works_here",
        kind=Kind.ONE,
        codes=_YES_NO,
        fixed=True,
        passing="yes",
    ),
    Question(
        name="adult",
        kind=Kind.ONE,
        codes=_YES_NO,
        fixed=True,
        passing="yes",
    ),
    Question(name="full_name", kind=Kind.NAME),
    Question(name="pronouns", kind=Kind.TEXT, limit=40),
    Question(name="date_of_birth", kind=Kind.DATE),
    Question(
        name=CONTACT_BY,
        kind=Kind.SEVERAL,
        codes=("email", "phone", "text"),
        fixed=True,
    ),
    Question(
        name=EMAIL,
        kind=Kind.EMAIL,
        needs=Needs(CONTACT_BY, frozenset({"email"})),
    ),
    Question(name=PHONE, kind=Kind.PHONE, needs=Needs(CONTACT_BY, BY_NUMBER)),
    Question(
        name="message_ok",
        kind=Kind.ONE,
        codes=("yes", "discreet", "no"),
        needs=Needs(CONTACT_BY, frozenset({"phone"})),
    ),
    Question(name="safe_contact_notes", kind=Kind.LONG, limit=300),
    Question(name="best_times", kind=Kind.SEVERAL, codes=_TIMES, fixed=True),
    Question(
        name="therapy_language",
        kind=Kind.LANGUAGE,
        limit=60,
    ),
    Question(name="communication_support", kind=Kind.LONG, limit=300),
    Question(
        name="therapist_preference",
        kind=Kind.SEVERAL,
        codes=("woman", "man", "similar-background", "not-own-community", "none"),
    ),
    Question(name="therapist_preference_notes", kind=Kind.LONG, limit=300),
    Question(name="about_me", kind=Kind.LONG, limit=500),
    Question(name="what_brings_you", kind=Kind.LONG, limit=4000),
    Question(
        name="current_support",
        kind=Kind.ONE,
        codes=(*_YES_NO, "rather-not-say"),
    ),
    Question(name="gp", kind=Kind.LONG, limit=300),
    Question(
        name="private_place",
        kind=Kind.ONE,
        codes=(*_YES_NO, "not-sure"),
    ),
    Question(name="availability", kind=Kind.SEVERAL, codes=_TIMES, fixed=True),
    Question(name="replaces", kind=Kind.TEXT, limit=20),
    Question(name="adjustments", kind=Kind.LONG, limit=500),
)

CATALOGUE: Mapping[str, Question] = {question.name: question for question in _QUESTIONS}
