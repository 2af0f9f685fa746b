"""The form of a referral for programs that send one: its questions as the pages put them, limits, and a form token."""

from functions.forms.form_description import Wording, fields_json, token_json
from functions.referrals.form_fields import CONSENT
from functions.referrals.pages import FORM
from shared.bootstrap import Services
from shared.content.one_to_one import OneToOne
from shared.content.question import FormQuestion
from shared.content.question_catalogue import Kind
from shared.referrals.intake.request import referral_model


def referral_form_json(built: Services) -> dict[str, object]:
    """The description of the form that POST /one-to-one takes."""
    form = built.content.one_to_one
    asked = {each.ask: _wording(each, form) for each in form.questions} | {CONSENT: Wording(form.consent)}
    wordings = {name: each.in_language(built.content.translate) for name, each in asked.items()}
    fields = fields_json(referral_model(form), wordings)
    return {"post_to": "/one-to-one", **token_json(FORM, built.signer, built.now()), "fields": fields}


def _wording(asked: FormQuestion, form: OneToOne) -> Wording:
    needs = asked.question.needs
    condition = (needs.question, tuple(sorted(needs.answers))) if needs and needs.question in form.asked else None
    return Wording(asked.label, asked.hint or "", _choices(asked, form), condition)


def _choices(asked: FormQuestion, form: OneToOne) -> tuple[tuple[str, str], ...]:
    """The options; for a language those of the list, beside which any other may be written."""
    if asked.question.kind is Kind.LANGUAGE:
        return tuple((each.name, each.name) for each in form.languages)
    return tuple((each.code, each.words) for each in asked.choices)
