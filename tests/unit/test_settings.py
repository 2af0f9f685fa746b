"""Settings: all that is wrong is named at once, and no value is ever shown."""

import json

import pytest

from local.keys import new_keys
from shared.settings import Settings, SettingsError

KEYS = new_keys()
WEB = {
    "SERVICE_ROLE": "web",
    "SITE_URL": "https://support.example.nhs.uk",
    "CONTENT_FILE": "content.toml",
    "BOOKINGS_STORAGE__tableServiceUri": "https://b.table.core.windows.net",
    "REFERRALS_STORAGE__tableServiceUri": "https://r.table.core.windows.net",
    "BOOKING_KEY": KEYS["BOOKING_KEY"],
    "LINK_KEY": KEYS["LINK_KEY"],
    "REFERRAL_KEY": KEYS["REFERRAL_KEY"],
    "REFERRAL_PUBLIC_KEY": KEYS["REFERRAL_PUBLIC_KEY"],
}
WORKER = WEB | {
    "SERVICE_ROLE": "worker",
    "EMAIL_ENDPOINT": "https://mail.uk.communication.azure.com",
    "EMAIL_SENDER": "sessions@example.nhs.uk",
    "REFERRAL_RECIPIENT": "referrals@provider.example",
    "REFERRAL_DELIVERY": "inline",
    "REFERRAL_VAULT_KEY": "https://v.vault.azure.net/keys/referrals",
}


def problems(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    return caught.value.problems


@pytest.mark.parametrize("environ", [WEB, WORKER], ids=["web", "worker"])
def test_each_app_starts_with_what_it_needs(environ: dict[str, str]) -> None:
    assert Settings.from_environment(environ).role == environ["SERVICE_ROLE"]


def test_an_empty_environment_names_everything_that_is_needed() -> None:
    assert set(problems({})) == {
        *("SERVICE_ROLE", "SITE_URL", "CONTENT_FILE", "BOOKINGS_STORAGE", "REFERRALS_STORAGE", "BOOKING_KEY"),
        *("LINK_KEY", "REFERRAL_KEY", "REFERRAL_PUBLIC_KEY", "EMAIL_ENDPOINT", "EMAIL_SENDER", "REFERRAL_RECIPIENT"),
        *("REFERRAL_DELIVERY", "REFERRAL_PRIVATE_KEY"),
    }


@pytest.mark.parametrize("name", sorted(set(WORKER) - {"SERVICE_ROLE"}))
def test_whatever_the_worker_lacks_is_named(name: str) -> None:
    without = {other: value for other, value in WORKER.items() if other != name}

    [(found, why)] = problems(without).items()

    assert name in f"{found} {why}"


def test_the_web_app_needs_nothing_that_could_open_a_referral_or_send_mail() -> None:
    settings = Settings.from_environment(WEB)

    assert settings.referral_private_key is None
    with pytest.raises(SettingsError):
        _ = settings.worker


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE_ROLE", "canary"),
        ("SITE_URL", "canary"),
        ("BOOKING_KEY", "canary"),
        ("BOOKING_KEY", "Y2FuYXJ5"),
        ("REFERRAL_PUBLIC_KEY", "canary"),
        ("REFERRAL_PUBLIC_KEY", '{"kty": "EC", "kid": "canary"}'),
        ("REFERRAL_PUBLIC_KEY", KEYS["REFERRAL_PRIVATE_KEY"]),
        ("REMINDERS", "canary"),
        ("REFERRAL_DELIVERY", "canary"),
        ("REFERRAL_RECIPIENT", "canary"),
        ("EMAIL_SENDER", "canary@"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(WORKER | {name: value})

    assert list(caught.value.problems) == [name]
    assert value not in str(caught.value)


def test_an_empty_value_counts_as_none() -> None:
    assert list(problems(WORKER | {"EMAIL_SENDER": "  "})) == ["EMAIL_SENDER"]


def test_several_problems_are_named_together() -> None:
    assert set(problems(WORKER | {"SITE_URL": "x", "REMINDERS": "y", "EMAIL_SENDER": ""})) == {
        *("SITE_URL", "REMINDERS", "EMAIL_SENDER"),
    }


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    shown = repr(Settings.from_environment(WORKER | {"REFERRAL_PRIVATE_KEY": KEYS["REFERRAL_PRIVATE_KEY"]}))

    assert json.loads(KEYS["REFERRAL_PRIVATE_KEY"])["d"] not in shown
    assert KEYS["BOOKING_KEY"] not in shown
