"""The answers of a person who refers themselves, and the model that validates them."""

import json
from functools import lru_cache
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, create_model

from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion
from shared.content.referral_record import record_json
from shared.fields.answer_fields import fields
from shared.fields.answer_text import in_words
from shared.fields.field_types import Agreed, Marker, SubmissionId


class ReferralRequest(BaseModel):
    """The answers of one referral. Nothing of it is ever stored or logged unsealed.

    `referral_model` makes the subclass that has the questions of one content file as its fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: ClassVar[OneToOne]

    submission_id: SubmissionId | None = None
    marker: Marker | None = None

    @property
    def answers(self) -> str:
        """The answers as JSON: the same text for the same answers, in whatever order they were asked."""
        given = {name: value for name, value in self.model_dump(exclude={"submission_id", "marker"}).items() if value}
        return json.dumps(given, sort_keys=True)

    @property
    def record(self) -> str:
        """The record to be sealed, as JSON: each answer beside its question as it was put, and the consent.

        The content file may have changed by the time the provider reads it.
        """
        given = [(each, self._words(each)) for each in self._asked()]
        return record_json(given, self.form.consent_version, self.form.consent)

    def _words(self, asked: FormQuestion) -> str:
        return in_words(asked, getattr(self, asked.ask), self.form.languages)

    def _asked(self) -> list[FormQuestion]:
        """The questions that this person was asked, in the order of the form."""
        given, asked = self.model_dump(), self.form.asked
        return [each for each in self.form.questions if each.question.kept and each.is_for(given, asked)]


@lru_cache(maxsize=8)
def referral_model(form: OneToOne) -> type[ReferralRequest]:
    """The model of a whole referral, as it comes in one JSON document and at the end of the pages.

    Validate with the present day in London under `shared.fields.answer_fields.TODAY` as context.
    """
    kept = [each for each in form.questions if each.question.kept]
    model = create_model(
        "Referral", __base__=ReferralRequest, **fields(kept, passing=True), consent_share=(Agreed, ...)
    )
    model.form = form
    return model


@lru_cache(maxsize=8)
def pages_model(form: OneToOne) -> type[BaseModel]:
    """The model of the answers so far: every question, and every answer that leads away from the form."""
    return create_model("ReferralPages", **fields(form.questions, passing=False))
