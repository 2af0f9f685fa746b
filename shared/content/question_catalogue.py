"""Every question that a self-referral can ask: its kind, its options, and the message for a missing answer.

The content file decides the selection, order and wording of the questions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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

    `options` are codes with English words for them. If the service acts on the codes they are `fixed`: a content file
    may reword and leave out options, but not add any. `passing` is the only answer that makes a person eligible. An
    answer that is not `kept` only leads a person to a page.
    """

    name: str
    kind: Kind
    missing: str
    limit: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    fixed: bool = False
    needs: Needs | None = None
    passing: str = ""
    kept: bool = True

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

_TIMES = {
    "mornings": "Weekday mornings",
    "afternoons": "Weekday afternoons",
    "evenings": "Weekday evenings",
    "weekends": "Weekends",
    "any-time": "Any time",
    "shifts": "I work shifts",
}
_YES_NO = {"yes": "Yes", "no": "No"}

_QUESTIONS = (
    Question(
        name=URGENT,
        kind=Kind.ONE,
        missing="Select whether you need help now",
        options={"no": "No, I can wait to be contacted", "yes": "Yes", "not-sure": "I am not sure"},
        fixed=True,
        kept=False,
    ),
    Question(
        name="works_for_trust",
        kind=Kind.ONE,
        missing="Select yes if you work for the trust",
        options=_YES_NO,
        fixed=True,
        passing="yes",
    ),
    Question(
        name="adult",
        kind=Kind.ONE,
        missing="Select yes if you are 18 or over",
        options=_YES_NO,
        fixed=True,
        passing="yes",
    ),
    Question(name="full_name", kind=Kind.NAME, missing="Enter your name"),
    Question(name="pronouns", kind=Kind.TEXT, limit=40, missing="Enter your pronouns"),
    Question(name="date_of_birth", kind=Kind.DATE, missing="Enter your date of birth"),
    Question(
        name=CONTACT_BY,
        kind=Kind.SEVERAL,
        missing="Select how you would like to be contacted",
        options={"email": "Email", "phone": "Phone call", "text": "Text message"},
        fixed=True,
    ),
    Question(
        name=EMAIL,
        kind=Kind.EMAIL,
        missing="Enter your email address",
        needs=Needs(CONTACT_BY, frozenset({"email"})),
    ),
    Question(name=PHONE, kind=Kind.PHONE, missing="Enter your phone number", needs=Needs(CONTACT_BY, BY_NUMBER)),
    Question(
        name="message_ok",
        kind=Kind.ONE,
        missing="Select whether a message may be left",
        options={"yes": "Yes", "discreet": "Yes, but do not say who is calling or why", "no": "No"},
        needs=Needs(CONTACT_BY, frozenset({"phone"})),
    ),
    Question(name="safe_contact_notes", kind=Kind.LONG, limit=300, missing="Enter how to contact you safely"),
    Question(
        name="best_times", kind=Kind.SEVERAL, missing="Select when you can be contacted", options=_TIMES, fixed=True
    ),
    Question(
        name="therapy_language", kind=Kind.LANGUAGE, limit=60, missing="Select the language you would like to use"
    ),
    Question(name="communication_support", kind=Kind.LONG, limit=300, missing="Enter the support that you need"),
    Question(
        name="therapist_preference",
        kind=Kind.SEVERAL,
        missing="Select whom you would like to see",
        options={
            "woman": "A woman",
            "man": "A man",
            "similar-background": "Someone with a similar cultural background",
            "not-own-community": "Not someone from my own community",
            "none": "I have no preference",
        },
    ),
    Question(name="therapist_preference_notes", kind=Kind.LONG, limit=300, missing="Enter whom you would like to see"),
    Question(name="about_me", kind=Kind.LONG, limit=500, missing="Enter what you would like to be known about you"),
    Question(name="what_brings_you", kind=Kind.LONG, limit=4000, missing="Enter what brings you here"),
    Question(
        name="current_support",
        kind=Kind.ONE,
        missing="Select whether you have support now",
        options=_YES_NO | {"rather-not-say": "I would rather not say"},
    ),
    Question(name="gp", kind=Kind.LONG, limit=300, missing="Enter your GP surgery"),
    Question(
        name="private_place",
        kind=Kind.ONE,
        missing="Select whether you have a private place",
        options=_YES_NO | {"not-sure": "I am not sure"},
    ),
    Question(name="availability", kind=Kind.SEVERAL, missing="Select when you could come", options=_TIMES, fixed=True),
    Question(name="replaces", kind=Kind.TEXT, limit=20, missing="Enter the reference of the form that it replaces"),
    Question(name="adjustments", kind=Kind.LONG, limit=500, missing="Enter the adjustments that you need"),
)

CATALOGUE: Mapping[str, Question] = {question.name: question for question in _QUESTIONS}
