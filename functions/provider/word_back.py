"""The form with which the provider can tell the person how it is going: one of four fixed things, or nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.forms.body import Submission
from functions.forms.tokens import NOT_YET, is_ripe, issue_token
from functions.forms.validation import FieldError
from functions.provider import keeping
from shared.bootstrap import Services
from shared.referrals.model import Referral
from shared.referrals.withdrawal.word_back import WEEKS, WordBack, may_be_said
from shared.wording.sentences import sentence

ACT = "word"
_TOKEN = "word_token"  # another form of the page has its own
_SELECT = FieldError("said", sentence("messages.word-back.select"))
_WEEKS = FieldError("said", sentence("messages.word-back.weeks"))


def form_facts(built: Services, link: str, referral: Referral, now: datetime) -> Mapping[str, Any]:
    """Facts for the template: `word_token` is "" where nothing can be said; `word` is what was said last."""
    if not may_be_said(referral):
        return {"word_token": ""}
    words_back = built.referrals.taking_back.words_back
    token = issue_token(words_back.signer, ACT, keeping.subject(link, referral), now)
    return {"word_token": token, "word": words_back.of(referral), "weeks": WEEKS}


def say(built: Services, sent: Submission, link: str, referral: Referral, now: datetime) -> tuple[FieldError, ...]:
    """Keeps what was selected, if the form was sent from a page of this link; returns the reason if it does not."""
    words_back = built.referrals.taking_back.words_back
    if not is_ripe(words_back.signer, ACT, keeping.subject(link, referral), sent.text(_TOKEN), now):
        return (NOT_YET,)
    word = WordBack.read(sent.text("said"), sent.text("weeks"))
    if word is None:
        return (_WEEKS,) if sent.text("said") else (_SELECT,)
    words_back.say(referral.reference, word)
    return ()
