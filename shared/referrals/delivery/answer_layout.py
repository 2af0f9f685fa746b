"""A referral's answers laid out for the person at the provider who reads them."""

from collections.abc import Mapping
from typing import Any

from shared.referrals.days import in_words
from shared.referrals.model import Referral
from shared.wording.sentences import sentence


def answer_pairs(record: Mapping[str, Any], referral: Referral) -> list[tuple[str, str]]:
    """Label and answer of each question that was answered, in the order of the form; then the form's own facts.

    `record` is the sealed `shared.referrals.intake.request.ReferralRequest.record`, read from its JSON.
    """
    pairs = [(each["label"], each["answer"]) for each in record["answers"]]
    if record["not_answered"]:
        pairs.append((sentence("answers.not-answered"), ", ".join(record["not_answered"])))
    consent = record["consent"]
    agreed = sentence("answers.agreed", version=consent["version"], statement=consent["statement"])
    return [
        *pairs,
        (sentence("answers.received"), in_words(referral.received_on)),
        (sentence("answers.consent"), agreed),
    ]
