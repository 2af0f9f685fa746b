"""Files that were made once: key files by the opener (WebCrypto), the referral by this service (`cryptography`)."""

import pytest
from cryptography.exceptions import InvalidTag

from shared.referrals.provider_sealing.acknowledgement_code import acknowledgement_code
from tests.every_row import every_row
from tests.opener_files import VECTORS, checksum, content_key, opened_key, opened_referral

FILES, PASSPHRASES = VECTORS["key_files"], VECTORS["passphrases"]


@every_row("which", [0, 1])
def test_each_key_file_opens_with_its_passphrase_and_opens_the_referral(which: int) -> None:
    file, private = FILES[which], opened_key(FILES[which], PASSPHRASES[which])

    key = content_key(VECTORS["referral"], file["thumbprint"], private)
    assert private.key_size == 3072
    assert opened_referral(VECTORS["referral"], key) == VECTORS["record"]
    assert acknowledgement_code(key) == VECTORS["code"]


def test_no_key_file_opens_with_another_passphrase() -> None:
    with pytest.raises(InvalidTag):
        opened_key(FILES[0], PASSPHRASES[1])


def test_the_passphrase_protects_the_list_of_keys_that_belong_together() -> None:
    """Else whoever can write to the disk takes the warning away."""
    longer = FILES[0] | {"belongs_with": [*FILES[0]["belongs_with"], "a-key-of-someone-else"]}

    with pytest.raises(InvalidTag):
        opened_key(longer | {"checksum": checksum(longer)}, PASSPHRASES[0])


def test_each_key_file_names_all_keys_that_were_made_together() -> None:
    names = sorted(file["thumbprint"] for file in FILES)

    assert [file["belongs_with"] for file in FILES] == [names, names]
    assert {file["rounds"] for file in FILES} == {600_000}
