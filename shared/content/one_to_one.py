"""The copy and the form of one-to-one sessions."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.content.content_models import ContentModel, Link
from shared.content.form_checks import problems
from shared.content.question import FormQuestion, Language, QuestionPage
from shared.content.referral_record import MAX_RECORD_BYTES, record_size
from shared.wording.sentences import sentence


class OtherSupport(ContentModel):
    """Support elsewhere, for people who are not eligible for one-to-one sessions."""

    name: str
    how: str


class TimeAwayNote(ContentModel):
    """A page to print and show to a manager: `title` and the sentences of the note, with gaps to fill in by hand."""

    title: str
    text: Annotated[tuple[str, ...], Field(min_length=1)]


class OneToOne(ContentModel):
    """Copy and questions for one-to-one referrals.

    `assurances` are the facts to know before the first button: who is told, and who is not. `time_away_note` is a note
    to show to a manager, which does not say what the time is for. `consent` is shown beside the box and
    `consent_version` stored with each referral; `consent_facts` is what a person should know before agreeing. `direct`
    tells how to contact the provider without this service, and `own_form` links to the provider's own form. After
    `reply_weekdays` working days without a reply a person should ask.
    """

    name: str
    summary: str
    assurances: Annotated[tuple[str, ...], Field(min_length=1)]
    about: tuple[str, ...]
    for_whom: tuple[str, ...]
    time_away_note: TimeAwayNote | None = None
    minutes: Annotated[int, Field(ge=1)]
    direct: str
    own_form: Link | None = None
    reply: str
    reading_hours: str | None = None
    reply_weekdays: Annotated[int, Field(ge=1, le=60)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    pages: Annotated[tuple[QuestionPage, ...], Field(min_length=1)]
    not_for_you: str
    other_support: Annotated[tuple[OtherSupport, ...], Field(min_length=1)]
    consent: str
    consent_version: str
    consent_facts: tuple[str, ...]

    @property
    def questions(self) -> tuple[FormQuestion, ...]:
        """Every question of the form, in order."""
        return tuple(each for page in self.pages for each in page.questions)

    @property
    def asked(self) -> frozenset[str]:
        """The names of the questions of the form."""
        return frozenset(each.ask for each in self.questions)

    @property
    def record_size(self) -> int:
        """Bytes to which every record of this form is padded before it is sealed."""
        return record_size(self.questions, self.languages, self.consent_version, self.consent)

    @model_validator(mode="after")
    def _works(self) -> Self:
        found = problems(self.pages)
        if self.record_size > MAX_RECORD_BYTES:
            found.append(sentence("content.record-too-long", size=self.record_size, most=MAX_RECORD_BYTES))
        if found:
            raise PydanticCustomError("question", "{found}", {"found": "; ".join(found)})
        return self
