"""Renders the pages of a referral, with the few fields that travel between them beside the answers."""

from collections.abc import Callable
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
    """Fields that make the pages one form: its submission id, and the token of the time at which it was issued."""

    submission_id: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, submission: Submission, built: Services) -> "FormIdentity":
        """The values that came with the form, or new ones if one is missing."""
        known, token = submission.text(_ID), submission.text(TOKEN)
        if _is_id(known) and 0 < len(token) <= _TOKEN_LENGTH:
            return cls(known, token)
        return cls.fresh(known, built)

    @classmethod
    def fresh(cls, submission_id: str, built: Services) -> "FormIdentity":
        """A new token, with the same submission id if it is valid."""
        chosen = submission_id if _is_id(submission_id) else uuid4().hex
        return cls(chosen, issue_token(built.signer, FORM, chosen, built.now()))


def _is_id(value: str) -> bool:
    return 16 <= len(value) <= 64 and all(char.isascii() and (char.isalnum() or char in "_-") for char in value)


def wizard_of(submission: Submission, built: Services, today: date) -> Wizard:
    form = built.content.one_to_one
    return Wizard(form, FormFields.of(submission, form), today, built.bookings.policy.is_staff_address)


def current_step(submission: Submission) -> Step:
    """The step on which a button was pressed, as the page described it in its hidden fields."""
    returning, warned = (submission.text(name) == "yes" for name in (_RETURNING, _WARNED))
    return Step(submission.text(_AT), returning=returning, warned=warned)


def show(wizard: Wizard, step: Step, identity: FormIdentity, built: Services, correlation: str = "") -> str:
    """The page of this step, with its own answers shown and those of other pages in hidden fields."""
    fails = step.at == START and built.referrals.provider_mailbox.is_failing(built.now())
    return render(
        template(step),
        built.content,
        mailbox_fails=fails,
        correlation=correlation,
        **facts(wizard, step, identity, built.content.translate),
    )


def template(step: Step) -> str:
    return _TEMPLATES.get(step.at, "referrals/question.html")


def facts(wizard: Wizard, step: Step, identity: FormIdentity, translate: Callable[[str], str]) -> dict[str, Any]:
    """The template variables of a page of the form."""
    page = wizard.page(step.at)
    shown = wizard.shown(step.at) if page else ()
    return {
        "page": page,
        "place": wizard.place(step.at),
        "may_skip": wizard.may_skip(step.at) and not step.returning,
        "questions": [QuestionView.of(asked, wizard.typed, wizard.form, translate) for asked in shown],
        "rows": answers_to_check(wizard, translate) if step.at == CHECK else [],
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
