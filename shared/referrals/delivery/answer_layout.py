"""A referral's answers laid out for the person at the provider who reads them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.referrals.model import Referral


def answer_pairs(record: Mapping[str, Any], referral: Referral) -> list[tuple[str, str]]:
    """Label and answer of each question that was answered, in the order of the form; then what the form says itself.

    `record` is what was sealed, `shared.referrals.intake.request.ReferralRequest.record`, read from its JSON.
    """
    pairs = [(each["label"], each["answer"]) for each in record["answers"]]
    if record["not_answered"]:
        pairs.append(("Not answered", ", ".join(record["not_answered"])))
    consent = record["consent"]
    agreed = f"They agreed to this (wording of {consent['version']}): {consent['statement']}"
    return [*pairs, ("Received", _in_words(referral.received_on)), ("Consent", agreed)]


def _in_words(day: str) -> str:
    try:
        found = date.fromisoformat(day)
    except ValueError:  # somebody wrote into the row: the answers are shown all the same
        return day
    return f"{found:%A} {found.day} {found:%B %Y}"
