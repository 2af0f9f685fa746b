"""Every page of a referral in every state, as a template with its variables."""

from collections.abc import Callable
from typing import Any

from functions.forms.tokens import NOT_YET
from functions.forms.validation import FieldError
from functions.problems.error_table import problem_of
from functions.problems.http_errors import ReferralOutcomeExpiredError
from functions.referrals import pages as referral_pages
from functions.referrals.form_fields import FormFields
from functions.referrals.pages import FormIdentity
from functions.referrals.wizard import BUSY, CHECK, CONSENT, HELP, NOT_FOR_YOU, START, Step, Wizard
from shared.content.content import Content
from shared.content.one_to_one import OneToOne
from shared.referrals.errors import ReferralReusedError
from shared.referrals.withdrawal.word_back import Said, WordBack
from tests import builders
from tests.builders import MORNING

type Facts = dict[str, Any] | Callable[[Content], dict[str, Any]]

IDENTITY = FormIdentity("s" * 20, "t" * 20)
SHOWN = {
    "reference": "7K2M4P",
    "words": "tidal onion harbor",
    "shown": "t" * 80,
    "shown_until_time": "9:15am",
    "shown_seconds": 900,
}
OWN = {"site": "https://support.example", "reference": "7K2M4P", "form_token": "t" * 20}
REFERRED = SHOWN | {"by": "Friday 15 September 2023", "mailbox_fails": False, "sealed": False}


def wizard(form: OneToOne, **typed: str | tuple[str, ...]) -> Wizard:
    fields = {name: (value,) if isinstance(value, str) else value for name, value in typed.items()}
    return Wizard(form, FormFields(fields), MORNING.date(), lambda address: address.endswith(".nhs.uk"))


def referral(at: str, *, wrong: bool = False, shows_warning: bool = False, **typed: str | tuple[str, ...]) -> Facts:
    """A page of the form after these answers, with an error beside each of its questions or none."""

    def facts(content: Content) -> dict[str, Any]:
        on = wizard(content.one_to_one, **({"contact_by": ("email", "phone", "text")} | typed))
        names = [asked.ask for asked in on.shown(at)] if on.page(at) else ["consent_share"]
        errors = tuple(FieldError(name, f"Mend {name}") for name in names) if wrong else ()
        return referral_pages.facts(
            on, Step(at, shows_warning=shows_warning, errors=errors), IDENTITY, content.translate
        ) | {"mailbox_fails": False}

    return facts


KEYS = [page.key for page in builders.content().one_to_one.pages]
REFERRAL: dict[str, tuple[str, Facts]] = {
    "referral": (referral_pages.template(Step(START)), referral(START)),
    **{f"referral, {key}": (referral_pages.template(Step(key)), referral(key)) for key in KEYS},
    **{f"referral, {key} with errors": (referral_pages.template(Step(key)), referral(key, wrong=True)) for key in KEYS},
    "referral, a work address": (
        referral_pages.template(Step("email")),
        referral("email", shows_warning=True, email="zoe@work.nhs.uk"),
    ),
    "referral, help": (referral_pages.template(Step(HELP)), referral(HELP)),
    "referral, not for you": (referral_pages.template(Step(NOT_FOR_YOU)), referral(NOT_FOR_YOU)),
    "referral, check": (
        referral_pages.template(Step(CHECK)),
        referral(CHECK, full_name="Zoë", what_brings_you="One\nTwo"),
    ),
    "referral, consent": (referral_pages.template(Step(CONSENT)), referral(CONSENT)),
    "referral, consent with errors": (referral_pages.template(Step(CONSENT)), referral(CONSENT, wrong=True)),
    "referral, busy": (referral_pages.template(Step(BUSY)), referral(BUSY)),
    "referred": ("referrals/received.html", REFERRED),
    "referred before": (
        "referrals/already-sent.html",
        SHOWN | {"problem": problem_of(ReferralReusedError("x"))},
    ),
    "referred longer ago": ("referrals/closed.html", {"problem": problem_of(ReferralOutcomeExpiredError())}),
    "referred, sealed": ("referrals/received.html", REFERRED | {"sealed": True}),
    "referred while mail fails": ("referrals/received.html", REFERRED | {"mailbox_fails": True}),
}
OWN_FORM: dict[str, tuple[str, Facts]] = {
    "withdraw": ("referrals/withdraw.html", OWN | {"typed": ""}),
    "withdraw with errors": (
        "referrals/withdraw.html",
        OWN | {"typed": "x", "errors": [FieldError("reference", "Mend it"), FieldError("words", "Mend them")]},
    ),
    "own form": ("referrals/own-form.html", OWN | {"was_sent": False, "word": None}),
    "own form, sent": ("referrals/own-form.html", OWN | {"was_sent": True, "errors": [NOT_YET], "word": None}),
    **{
        f"own form, {word}": ("referrals/own-form.html", OWN | {"was_sent": True, "word": word})
        for word in (*(WordBack(each) for each in Said if each is not Said.WAITING), WordBack(Said.WAITING, 8))
    },
    "withdrawn": ("referrals/withdrawn.html", OWN | {"is_told": False}),
    "withdrawn, told": ("referrals/withdrawn.html", OWN | {"is_told": True}),
}
"""The pages of the worker for the person who sent a form."""
