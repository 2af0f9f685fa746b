"""The answers of a test of the running service: the same for one content file, valid, and plainly of no person."""

from collections.abc import Mapping
from datetime import datetime

from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion
from shared.content.question_catalogue import CONTACT_BY, Kind
from shared.fields.answer_fields import TODAY
from shared.local_time import zone
from shared.referrals.intake.request import referral_model
from shared.wording.sentences import sentence

_WORDS = sentence("answers.test")
_TYPED: Mapping[Kind, str] = {
    Kind.NAME: "Website Test",
    Kind.EMAIL: "website-test@example.com",
    Kind.PHONE: "01632 960001",  # Ofcom keeps these numbers free
    Kind.DATE: "1970-01-01",
}


def fixed_answers(form: OneToOne) -> dict[str, object]:
    """The answers to all that the form then asks, with the consent, as POST /one-to-one takes them."""
    given: dict[str, object] = {}
    for asked in form.questions:
        if asked.question.kept and asked.is_for(given, form.asked):
            given[asked.ask] = _answer(asked, form)
    return given | {"consent_share": True}


def fixed_record(form: OneToOne, now: datetime) -> bytes:
    """The record of these answers, as it is sealed before it is padded; `now` (UTC) is when the form is filled in."""
    context = {TODAY: now.astimezone(zone()).date()}
    return referral_model(form).model_validate(fixed_answers(form), context=context).record.encode()


def _answer(asked: FormQuestion, form: OneToOne) -> object:
    kind = asked.question.kind
    if kind is Kind.LANGUAGE:
        return form.languages[0].name
    if kind is Kind.ONE:
        return asked.question.passing or asked.choices[0].code
    if kind is Kind.SEVERAL:
        return ["email" if asked.ask == CONTACT_BY else asked.choices[0].code]
    return _TYPED.get(kind, _WORDS[: asked.max_length])
