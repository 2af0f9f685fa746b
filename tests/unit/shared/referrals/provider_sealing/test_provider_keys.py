"""Public keys of the provider: two different ones at least, strong, and named by what they are."""

import json
from typing import Any

import pytest

from shared.referrals.provider_sealing.provider_keys import read_provider_keys, thumbprint
from shared.referrals.provider_sealing.sealer import ProviderSealer
from tests.every_row import every_row
from tests.generated_keys import generated_keys
from tests.opener_files import VECTORS

ONE, OTHER = VECTORS["public_keys"]["keys"]
PRIVATE = json.loads(generated_keys()["REFERRAL_PRIVATE_KEY"])
RFC_7638: dict[str, str] = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",  # noqa: E501  # as the RFC has it
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """The example of RFC 7638, section 3.1, and what the opener named its keys."""
    assert thumbprint(RFC_7638) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert [thumbprint(each) for each in (ONE, OTHER)] == [ONE["kid"], OTHER["kid"]]


def test_zeros_in_front_and_plain_base64_make_no_other_key() -> None:
    assert thumbprint(ONE | {"e": "AAEAAQ"}) == ONE["kid"]
    assert thumbprint(ONE | {"n": ONE["n"].replace("-", "+").replace("_", "/") + "="}) == ONE["kid"]


def test_a_key_is_named_by_what_it_is_and_not_by_its_kid() -> None:
    renamed = [OTHER | {"kid": ONE["kid"]}, ONE | {"kid": "someone"}]

    assert [key.thumbprint for key in read_provider_keys(renamed)] == sorted([ONE["kid"], OTHER["kid"]])


@every_row(
    "jwks",
    [
        [],
        [ONE],
        [ONE, ONE | {"kid": "another name"}],
        [ONE, RFC_7638],
        [ONE, PRIVATE],
        [ONE, OTHER | {"kty": "EC"}],
        [ONE, {"kty": "RSA", "n": OTHER["n"]}],
        [ONE, OTHER | {"e": "AQ"}],
        [ONE, OTHER | {"n": "not base64url!"}],
    ],
)
def test_keys_that_could_lose_or_show_a_referral_are_refused(jwks: list[dict[str, Any]]) -> None:
    """One alone, one twice, a short one, a private one, one of another kind, and such as are damaged."""
    with pytest.raises(ValueError, match=r".") as refused:
        ProviderSealer(jwks)
    assert PRIVATE["d"] not in str(refused.value)
