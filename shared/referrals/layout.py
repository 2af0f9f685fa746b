"""A referral's answers laid out for the person at the provider who reads them."""

from collections.abc import Mapping

from shared.referrals.model import Referral

_LABELS = {
    "full_name": "Name",
    "contact_by": "How to get in touch",
    "email": "Email address",
    "phone": "Phone number",
    "therapy_language": "Language for therapy",
    "what_brings_you": "What brings them here",
}


def laid_out(answers: Mapping[str, object], referral: Referral) -> list[tuple[str, str]]:
    """Label and answer of each question that was answered, in the order of the form."""
    given = [(label, answers.get(name)) for name, label in _LABELS.items()]
    pairs = [(label, ", ".join(value) if isinstance(value, list) else str(value)) for label, value in given if value]
    agreed = f"They agreed that these answers are sent to you (wording of {referral.consent_version})."
    return [*pairs, ("Received", referral.received_on), ("Consent", agreed)]
