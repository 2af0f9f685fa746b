"""Settings of the delivery that only the provider's keys open: two keys at least, and no key of the service's own."""

import json
from typing import Any

import pytest

from shared.config.requirements import NOT_SEALED
from shared.config.settings import Settings
from tests.opener_files import VECTORS
from tests.unit.shared.config.test_settings import KEYS, NOTIFY, WEB, WORKER, problems

ONE, OTHER = VECTORS["public_keys"]["keys"]
PRIVATE = json.loads(KEYS["REFERRAL_PRIVATE_KEY"])
SET = json.dumps(VECTORS["public_keys"])
SEALS = {name: value for name, value in WEB.items() if name != "REFERRAL_PUBLIC_KEY"} | {
    "REFERRAL_DELIVERY": "sealed",
    "REFERRAL_PROVIDER_KEYS": SET,
}
HANDS_OVER = {
    name: value for name, value in WORKER.items() if name not in {"REFERRAL_PUBLIC_KEY", "REFERRAL_VAULT_KEY"}
} | {"REFERRAL_DELIVERY": "sealed"}


def _set(*jwks: Any, **others: Any) -> str:
    return json.dumps({"keys": jwks} | others)


def test_each_app_starts_without_a_key_that_opens_referrals() -> None:
    web, worker = Settings.from_environment(SEALS), Settings.from_environment(HANDS_OVER)

    assert [each["kid"] for each in web.referral_provider_keys] == [ONE["kid"], OTHER["kid"]]
    assert web.is_sealed_for_provider
    assert worker.is_sealed_for_provider
    assert (worker.referral_vault_key, worker.referral_private_key, worker.referral_public_key) == (None, None, None)
    assert worker.passphrases == ()


def test_the_app_that_seals_needs_the_providers_keys() -> None:
    assert problems(SEALS | {"REFERRAL_PROVIDER_KEYS": ""}) == {"REFERRAL_PROVIDER_KEYS": "missing"}
    everything = HANDS_OVER | {"SERVICE_ROLE": "all", "REFERRAL_KEY": KEYS["REFERRAL_KEY"]}
    assert problems(everything) == {"REFERRAL_PROVIDER_KEYS": "missing"}


def test_they_are_refused_where_the_worker_would_hold_a_key_to_what_is_sealed() -> None:
    """Half of a change of the settings must not look like the whole."""
    for app in (WEB, WORKER):
        assert problems(app | {"REFERRAL_PROVIDER_KEYS": SET}) == {"REFERRAL_PROVIDER_KEYS": NOT_SEALED}


def test_it_goes_with_each_email_service() -> None:
    by_notify = NOTIFY | {"REFERRAL_DELIVERY": "sealed", "REFERRAL_PASSPHRASE": "", "REFERRAL_VAULT_KEY": ""}

    assert Settings.from_environment(by_notify).worker.referral_delivery == "sealed"


@pytest.mark.parametrize(
    "value",
    [
        "canary",
        json.dumps([ONE, OTHER]),
        _set(),
        _set(ONE),
        _set(ONE, ONE),
        _set(ONE, OTHER, ONE | {"kid": "another name"}),
        _set(ONE, PRIVATE),
        _set(ONE, OTHER | {"kty": "EC"}),
        _set(ONE, OTHER | {"n": OTHER["n"][:400]}),
        _set(ONE, "canary"),
        json.dumps({"keys": {"canary": ONE}}),
    ],
)
def test_one_key_or_one_twice_or_such_as_protect_nothing_are_named_and_not_quoted(value: str) -> None:
    found = problems(SEALS | {"REFERRAL_PROVIDER_KEYS": value})

    assert found == {"REFERRAL_PROVIDER_KEYS": "not valid"}
