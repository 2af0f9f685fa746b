"""The pages of a referral, rendered; and the few fields that travel between them beside the answers."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from functions.forms.body import Submission
from functions.forms.tokens import TOKEN, issue_token
from functions.referrals.form_fields import CONSENT as CONSENT_BOX
from functions.referrals.form_fields import FormFields
from functions.referrals.question_view import QuestionView, answers_to_check
from functions.referrals.wizard import BUSY, CHECK, CONSENT, HELP, NOT_FOR_YOU, START, Step, Wizard
from functions.web.render import render
from shared.bootstrap import Services

FORM = "one-to-one"

_AT, _RETURNING, _WARNED, _ID = "at", "returning", "warned", "submission_id"
_TOKEN_LENGTH = 64
_TEMPLATES = {
    START: "referrals/start.html",
    HELP: "referrals/help.html",
    NOT_FOR_YOU: "referrals/not-for-you.html",
    CHECK: "referrals/check.html",
    CONSENT: "referrals/consent.html",
    BUSY: "referrals/busy.html",
}


@dataclass(frozen=True, slots=True)
class FormIdentity:
    """What makes the pages one form: its submission id, and the token of the moment when it was handed out."""

    submission_id: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, submission: Submission, built: Services) -> "FormIdentity":
        """As they came with the form; made anew where one of them did not."""
        known, token = text(submission, _ID), text(submission, TOKEN)
        if _is_id(known) and 0 < len(token) <= _TOKEN_LENGTH:
            return cls(known, token)
        return cls.fresh(known, built)

    @classmethod
    def fresh(cls, submission_id: str, built: Services) -> "FormIdentity":
        """With a token of this moment, and the same submission id if it can be used."""
        chosen = submission_id if _is_id(submission_id) else uuid4().hex
        return cls(chosen, issue_token(built.proof, FORM, chosen, built.now()))


def _is_id(value: str) -> bool:
    return 16 <= len(value) <= 64 and all(char.isascii() and (char.isalnum() or char in "_-") for char in value)


def wizard_of(submission: Submission, built: Services, today: date) -> Wizard:
    form = built.content.one_to_one
    return Wizard(form, FormFields.of(submission, form), today, built.policy.is_staff_address)


def current_step(submission: Submission) -> Step:
    """Where a person pressed a button, and how they came there, as the page said itself."""
    return Step(
        text(submission, _AT),
        returning=text(submission, _RETURNING) == "yes",
        warned=text(submission, _WARNED) == "yes",
    )


def show(wizard: Wizard, step: Step, identity: FormIdentity, built: Services, correlation: str = "") -> str:
    """The page of this step, holding whatever was typed on it and carrying along what was typed on others."""
    fails = step.at == START and built.provider_mailbox.is_failing(built.now())
    return render(
        template(step), built.content, mailbox_fails=fails, correlation=correlation, **facts(wizard, step, identity)
    )


def template(step: Step) -> str:
    return _TEMPLATES.get(step.at, "referrals/question.html")


def facts(wizard: Wizard, step: Step, identity: FormIdentity) -> dict[str, Any]:
    """What a page of the form says and carries."""
    page = wizard.page(step.at)
    shown = wizard.shown(step.at) if page else ()
    return {
        "page": page,
        "questions": [QuestionView.of(asked, wizard.typed, wizard.form) for asked in shown],
        "rows": answers_to_check(wizard) if step.at == CHECK else [],
        "agreed": wizard.typed.text(CONSENT_BOX) == "yes",
        "shows_warning": step.shows_warning,
        "hidden": [*wizard.typed.hidden(shown, consent=step.at == CONSENT), *_state_fields(step)],
        "submission_id": identity.submission_id,
        "form_token": identity.token,
        "errors": step.errors,
    }


def _state_fields(step: Step) -> list[tuple[str, str]]:
    flags = ((_RETURNING, step.returning), (_WARNED, step.warned))
    return [(_AT, step.at), *((name, "yes") for name, is_set in flags if is_set)]


def text(submission: Submission, name: str) -> str:
    """The one value of a field; empty where it has none or several."""
    value = submission.values.get(name)
    return value if isinstance(value, str) else ""
