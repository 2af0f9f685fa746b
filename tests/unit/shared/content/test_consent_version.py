"""A wording of the consent has a version of its own, by which a stored referral says what was agreed to."""

from hashlib import sha256

from shared.content.content import Content

# The start of the SHA-256 of each wording that was ever in use. A changed one gets a new version, and a line here.
WORDINGS = {"2026-11-30": "a1745e55ae0b5749", "2026-11-30-2": "f9e7439be59085fb"}


def test_a_changed_wording_of_the_consent_has_a_new_version(content: Content) -> None:
    form = content.one_to_one
    wording = "\n".join([form.consent, *form.consent_facts])

    assert sha256(wording.encode()).hexdigest()[:16] == WORDINGS[form.consent_version]
