"""The form on the provider's pages with which a referral that was confirmed is kept: "we do not have it"."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import azure.functions as func

from functions.forms.body import BodyError, Submission, read_body
from functions.forms.tokens import TOKEN, is_ripe, issue_token
from functions.queues import referral_message
from shared.referrals.collection.acknowledgement import Acknowledgement, AcknowledgementRecorder
from shared.referrals.model import Referral
from shared.signing import Signer

KEEP = "keep"


def form_facts(signer: Signer, link: str, referral: Referral, now: datetime) -> Mapping[str, Any]:
    """Facts for the template: the token of the form, bound to the link and to the email that was confirmed."""
    return {"keep_token": issue_token(signer, KEEP, subject(link, referral), now)}


def is_meant(sent: Submission, signer: Signer, link: str, referral: Referral, now: datetime) -> bool:
    """True if the form was sent from a page of this link that was open for a while."""
    return is_ripe(signer, KEEP, subject(link, referral), sent.text(TOKEN), now)


def keep(recorder: AcknowledgementRecorder, referral: Referral, nudge: func.Out[str], now: datetime) -> str:
    """Has the referral kept, and sent again if it is the first time; returns what the page then says."""
    outcome = recorder.keep(referral.reference, now, version=referral.version)
    if outcome is not Acknowledgement.KEPT:
        return ""
    nudge.set(referral_message(referral.reference))
    return "kept"


def subject(link: str, referral: Referral) -> str:
    """The subject of a page's token: the link, and the email that the page is about."""
    return f"{link}/{referral.version}"


def posted(req: func.HttpRequest) -> Submission:
    """The form that was posted; an empty one for a body that is no form, which no page of ours sends."""
    try:
        return read_body(req)
    except BodyError:
        return Submission({}, is_form=True)
