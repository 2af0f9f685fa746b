"""Settings: all that is wrong is named at once, and no value is ever shown."""

import base64
import json
import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import TypeAdapter, ValidationError

from shared import base64url
from shared.config.requirements import SHARED_KEY
from shared.config.rsa_keys import PrivateJwk
from shared.config.settings import Settings, SettingsError, Support
from shared.passphrase import PassphraseHash
from tests.builders import ROOT
from tests.every_row import every_row
from tests.generated_keys import generated_keys

KEYS = generated_keys()
WEB = {
    "SERVICE_ROLE": "web",
    "SITE_URL": "https://support.example.nhs.uk",
    "CONTENT_FILE": "content.toml",
    "BOOKINGS_STORAGE__tableServiceUri": "https://b.table.core.windows.net",
    "BOOKINGS_STORAGE__queueServiceUri": "https://b.queue.core.windows.net",
    "REFERRALS_STORAGE__tableServiceUri": "https://r.table.core.windows.net",
    "REFERRALS_STORAGE__queueServiceUri": "https://r.queue.core.windows.net",
    "BOOKING_KEY": KEYS["BOOKING_KEY"],
    "LINK_KEY": KEYS["LINK_KEY"],
    "BOOKING_DOMAINS": "example.nhs.uk,nhs.net",
    "EMAIL_SENDER": "sessions@example.nhs.uk",
    "REFERRAL_KEY": KEYS["REFERRAL_KEY"],
    "REFERRAL_MAC_KEY": KEYS["REFERRAL_MAC_KEY"],
    "REFERRAL_PUBLIC_KEY": KEYS["REFERRAL_PUBLIC_KEY"],
}
INTAKE = {"REFERRAL_KEY"}
WORKER = {name: value for name, value in WEB.items() if name != "REFERRAL_KEY"} | {
    "SERVICE_ROLE": "worker",
    "MAIL_SERVICE": "acs",
    "BOOKINGS_STORAGE__blobServiceUri": "https://b.blob.core.windows.net",
    "REFERRALS_STORAGE__blobServiceUri": "https://r.blob.core.windows.net",
    "EMAIL_ENDPOINT": "https://mail.uk.communication.azure.com",
    "REFERRAL_RECIPIENT": "referrals@provider.example",
    "REFERRAL_DELIVERY": "inline",
    "PROVIDER_LINK_KEY": KEYS["PROVIDER_LINK_KEY"],
    "COLLECT_URL": "https://collect.example.nhs.uk",
    "REFERRAL_VAULT_KEY": "https://v.vault.azure.net/keys/referrals",
}

KEY = base64.b64encode(b"k" * 64).decode()
REFERENCE = "@Microsoft.KeyVault(VaultName=kv-web-abc;SecretName={})"


COLLECTED = WORKER | {
    "REFERRAL_DELIVERY": "link",
    "REFERRAL_PASSPHRASE": str(PassphraseHash.of("3QWK-K7MN-4Q44-X9TH-6PRR")),
}


def jwk(name: str, **changes: Any) -> str:
    """A key of a setting with some of its members changed; None takes one out."""
    changed = json.loads(KEYS[name]) | changes
    return json.dumps({member: value for member, value in changed.items() if value is not None})


def problems(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    return caught.value.problems


NOTIFY = {name: value for name, value in COLLECTED.items() if name != "EMAIL_ENDPOINT"} | {
    "MAIL_SERVICE": "notify",
    "NOTIFY_API_KEY": KEYS["NOTIFY_API_KEY"],
    "NOTIFY_TEMPLATE_ID": "f33517ff-2a88-4f6e-b855-c550268ce08a",
    "NOTIFY_CALLBACK_TOKEN": KEYS["NOTIFY_CALLBACK_TOKEN"],
}
OF_NOTIFY = [name for name in NOTIFY if name.startswith("NOTIFY_")]


def test_the_worker_needs_what_its_email_service_needs_and_nothing_of_the_other() -> None:
    assert Settings.from_environment(NOTIFY).worker.mail_service == "notify"
    assert Settings.from_environment(WORKER).worker.mail_service == "acs"
    assert set(problems(NOTIFY | dict.fromkeys(OF_NOTIFY, ""))) == set(OF_NOTIFY)
    assert problems(NOTIFY | {"MAIL_SERVICE": "acs"}) == {"EMAIL_ENDPOINT": "missing"}
    assert problems(WORKER | {"MAIL_SERVICE": ""}) == {"MAIL_SERVICE": "missing"}
    assert problems(WORKER | {"MAIL_SERVICE": "smtp"}) == {"MAIL_SERVICE": "not valid"}


def test_the_settings_of_notify_are_checked_and_none_is_quoted() -> None:
    key = KEYS["NOTIFY_API_KEY"]
    wrong = {
        "NOTIFY_API_KEY": (key[-73:], key[:-1], f"{key}0", REFERENCE.format("NOTIFY-API-KEY"), f"a b-{key[-73:]}"),
        "NOTIFY_TEMPLATE_ID": ("canary", "f33517ff"),
        "NOTIFY_REPLY_TO_ID": ("sessions@example.nhs.uk",),
        "NOTIFY_CALLBACK_TOKEN": ("canary", "x" * 31, "ü" * 40, REFERENCE.format("NOTIFY-CALLBACK-TOKEN")),
        "NOTIFY_ENDPOINT": ("http://api.notifications.service.gov.uk", "canary"),
    }
    taken = [
        (name, value)
        for name, values in wrong.items()
        for value in values
        if problems(NOTIFY | {name: value}) != {name: "not valid"}
    ]

    assert taken == []
    assert str(Settings.from_environment(NOTIFY).notify_endpoint) == "https://api.notifications.service.gov.uk/"


def test_no_secret_of_notify_is_in_the_text_of_the_settings() -> None:
    settings = Settings.from_environment(NOTIFY)

    for secret in (KEYS["NOTIFY_API_KEY"], KEYS["NOTIFY_CALLBACK_TOKEN"]):
        assert secret not in f"{settings!r} {settings} {settings.model_dump()} {settings.worker!r}"


def test_answers_in_an_email_are_refused_with_notify_in_words_that_say_why() -> None:
    refused = problems(NOTIFY | {"REFERRAL_DELIVERY": "inline"})

    assert list(refused) == ["REFERRAL_DELIVERY"]
    assert "could be read at GOV.UK Notify for days" in refused["REFERRAL_DELIVERY"]
    assert "encrypt" in refused["REFERRAL_DELIVERY"]
    assert problems(NOTIFY | {"REFERRAL_DELIVERY": "inline", "NOTIFY_API_KEY": ""}).keys() > refused.keys()
    assert Settings.from_environment(WORKER).worker.referral_delivery == "inline"


def test_the_budget_is_the_email_services_own_unless_another_is_set() -> None:
    assert Settings.from_environment(WORKER).mail_quota == (30, 100)
    assert Settings.from_environment(NOTIFY).mail_quota == (3000, 10_000)
    assert Settings.from_environment(NOTIFY | {"MAILS_PER_MINUTE": "0"}).mail_quota == (0, 10_000)
    assert Settings.from_environment(NOTIFY | {"MAILS_PER_HOUR": "600"}).mail_quota == (3000, 600)
    assert problems(NOTIFY | {"MAILS_PER_HOUR": "-1"}) == {"MAILS_PER_HOUR": "not valid"}


@pytest.mark.parametrize("environ", [WEB, WORKER], ids=["web", "worker"])
def test_each_app_starts_with_what_it_needs(environ: dict[str, str]) -> None:
    assert Settings.from_environment(environ).role == environ["SERVICE_ROLE"]


@pytest.mark.parametrize("storage", ["BOOKINGS_STORAGE", "REFERRALS_STORAGE"])
def test_the_worker_needs_a_place_for_its_backups(storage: str) -> None:
    name = f"{storage}__blobServiceUri"

    assert problems(WORKER | {name: ""}) == {name: "missing: the worker keeps its backups there"}
    assert Settings.from_environment(WEB | {name: ""}).role == "web"
    endpoints = {name: "", f"{storage}__tableServiceUri": "", f"{storage}__queueServiceUri": ""}
    with_key = {storage: f"AccountName=a;AccountKey={KEY}"}
    assert Settings.from_environment(WORKER | endpoints | with_key).role == "worker"


@pytest.mark.parametrize("name", ["COLLECT_URL", "REFERRAL_PASSPHRASE"])
def test_referrals_that_are_collected_need_a_place_and_a_passphrase(name: str) -> None:
    assert Settings.from_environment(COLLECTED).referral_delivery == "link"
    [(found, why)] = problems(COLLECTED | {name: ""}).items()
    assert found == name
    assert why.startswith("missing")


@pytest.mark.parametrize("delivery", ["inline", "link"])
@pytest.mark.parametrize("role", ["worker", "all"])
def test_whoever_emails_the_provider_needs_the_workers_address_and_a_key_for_links(role: str, delivery: str) -> None:
    environ = WEB | COLLECTED | {"SERVICE_ROLE": role, "REFERRAL_DELIVERY": delivery}

    assert problems(environ | {"COLLECT_URL": "", "PROVIDER_LINK_KEY": ""}) == {
        "COLLECT_URL": "missing: every email to the provider has a link to the worker app, whatever REFERRAL_DELIVERY "
        "is",
        "PROVIDER_LINK_KEY": "missing: it signs the links in emails to the provider",
    }


@pytest.mark.parametrize("name", ["PROVIDER_LINK_KEY", "PROVIDER_LINK_KEY_PREVIOUS"])
@pytest.mark.parametrize("shared", ["LINK_KEY", "LINK_KEY_PREVIOUS"])
@pytest.mark.parametrize("padding", ["", "="])
def test_a_key_that_the_web_app_has_signs_no_link_of_the_providers(name: str, shared: str, padding: str) -> None:
    environ = WORKER | {"LINK_KEY_PREVIOUS": KEYS["BOOKING_KEY"]}

    found = problems(environ | {name: environ[shared] + padding})

    assert found == {name: SHARED_KEY}
    assert KEYS["LINK_KEY"] not in str(found)


def test_the_web_app_needs_neither() -> None:
    assert (Settings.from_environment(WEB).collect_url, Settings.from_environment(WEB).provider_link_key) == (
        None,
        None,
    )


@pytest.mark.parametrize(
    ("name", "value"), [("COLLECT_URL", "http://collect.example"), ("REFERRAL_PASSPHRASE", "violet harbour seven")]
)
def test_a_place_without_encryption_and_a_passphrase_that_is_no_hash_are_refused(name: str, value: str) -> None:
    assert problems(COLLECTED | {name: value}) == {name: "not valid"}


def test_an_empty_environment_names_everything_that_is_needed() -> None:
    assert set(problems({})) == {
        *("SERVICE_ROLE", "SITE_URL", "CONTENT_FILE", "BOOKINGS_STORAGE", "REFERRALS_STORAGE", "BOOKING_KEY"),
        *(
            "BOOKING_DOMAINS",
            "LINK_KEY",
            "REFERRAL_KEY",
            "REFERRAL_MAC_KEY",
            "REFERRAL_PUBLIC_KEY",
            "MAIL_SERVICE",
            "EMAIL_SENDER",
            "REFERRAL_RECIPIENT",
        ),
        *("REFERRAL_DELIVERY", "REFERRAL_PRIVATE_KEY", "PROVIDER_LINK_KEY", "COLLECT_URL"),
    }


@every_row("name", sorted(set(WORKER) - {"SERVICE_ROLE"}))
def test_whatever_the_worker_lacks_is_named(name: str) -> None:
    without = {other: value for other, value in WORKER.items() if other != name}

    [(found, why)] = problems(without).items()

    assert name in f"{found} {why}"


@every_row("name", sorted(set(WEB) - {"SERVICE_ROLE"}))
def test_whatever_the_web_app_lacks_is_named(name: str) -> None:
    without = {other: value for other, value in WEB.items() if other != name}

    [(found, why)] = problems(without).items()

    assert name in f"{found} {why}"


def test_the_worker_needs_nothing_that_takes_a_referral() -> None:
    settings = Settings.from_environment(WORKER)

    assert settings.referral_key is None
    assert settings.referral_public_key is not None, "what it proves that it can open"
    assert set(problems(WORKER | {"SERVICE_ROLE": "all"})) == INTAKE


@pytest.mark.parametrize("environ", [WEB, COLLECTED], ids=["web", "worker"])
def test_a_secret_that_is_not_in_the_vault_yet_is_named(environ: dict[str, str]) -> None:
    """The platform then hands over the reference itself."""
    secret = {name for name in environ if name.endswith(("_KEY", "_PASSPHRASE")) and name != "REFERRAL_VAULT_KEY"}
    references = {name: REFERENCE.format(name.replace("_", "-")) for name in secret}

    assert len(secret) >= 4
    assert problems(environ | references) == dict.fromkeys(secret, "not valid")


@pytest.mark.parametrize("name", sorted(each for each in Settings.names() if each.endswith("_PREVIOUS")))
def test_a_key_of_before_that_cannot_be_looked_up_is_named(name: str) -> None:
    assert problems(COLLECTED | {name: REFERENCE.format(name)}) == {name: "not valid"}


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
        ("REFERRAL_PUBLIC_KEY", jwk("REFERRAL_PUBLIC_KEY", n="!!")),
        ("REFERRAL_PUBLIC_KEY", jwk("REFERRAL_PUBLIC_KEY", n=17)),
        ("REFERRAL_PUBLIC_KEY", jwk("REFERRAL_PUBLIC_KEY", n="c2hvcnQx")),
        ("REFERRAL_PUBLIC_KEY", jwk("REFERRAL_PUBLIC_KEY", e="AQAA")),
        ("REFERRAL_PUBLIC_KEY", jwk("REFERRAL_PUBLIC_KEY", e="A")),
        ("REFERRAL_PUBLIC_KEY", jwk("REFERRAL_PUBLIC_KEY", kid="")),
        pytest.param("REFERRAL_PUBLIC_KEY", "[" * 100_000, id="REFERRAL_PUBLIC_KEY-nested too deeply"),
        ("REFERRAL_PRIVATE_KEY", "canary"),
        ("REFERRAL_PRIVATE_KEY", KEYS["REFERRAL_PUBLIC_KEY"]),
        ("REFERRAL_PRIVATE_KEY", jwk("REFERRAL_PRIVATE_KEY", d="canary")),
        ("REFERRAL_PRIVATE_KEY", jwk("REFERRAL_PRIVATE_KEY", dq="canary")),
        ("REFERRAL_PRIVATE_KEY", jwk("REFERRAL_PRIVATE_KEY", qi="canary")),
        ("REFERRAL_PRIVATE_KEY", jwk("REFERRAL_PRIVATE_KEY", p="AQ")),
        ("REFERRAL_PRIVATE_KEY", jwk("REFERRAL_PRIVATE_KEY", q=None)),
        (
            "REFERRAL_PRIVATE_KEY",
            jwk("REFERRAL_PRIVATE_KEY", n=json.loads(generated_keys("another")["REFERRAL_PUBLIC_KEY"])["n"]),
        ),
        ("REFERRAL_VAULT_KEY", "http://canary.vault.azure.net/keys/referrals"),
        ("REFERRAL_VAULT_KEY", "https://canary.vault.azure.net"),
        ("REFERRAL_VAULT_KEY", "https://canary.vault.azure.net/keys/referrals/0123"),
        ("LINK_KEY", f"!!!!{KEYS['LINK_KEY']}"),
        ("LINK_KEY", "A" * 45),
        ("REFERRAL_MAC_KEY", "Y2FuYXJ5"),
        ("REFERRAL_MAC_KEY_PREVIOUS", "Y2FuYXJ5"),
        ("REFERRAL_MAC_KEY_PREVIOUS", f"{KEYS['REFERRAL_MAC_KEY']},canary"),
        ("REFERRAL_MAC_MIGRATION", "yes"),
        ("REFERRAL_MAC_MIGRATION", "1693526400"),
        ("BOOKINGS_STORAGE__tableServiceUri", "http://canary.table.core.windows.net"),
        ("BOOKINGS_STORAGE__tableServiceUri", "canary"),
        ("BOOKINGS_STORAGE__queueServiceUri", "http://canary.queue.core.windows.net"),
        ("BOOKINGS_STORAGE__blobServiceUri", "http://canary.blob.core.windows.net"),
        ("BOOKINGS_STORAGE__credential", "canary"),
        ("REFERRALS_STORAGE__tableServiceUri", "http://canary.table.core.windows.net"),
        ("REFERRALS_STORAGE__queueServiceUri", "http://canary.queue.core.windows.net"),
        ("REFERRALS_STORAGE__credential", "canary"),
        ("EMAIL_ENDPOINT", "http://canary.communication.azure.com"),
        ("EMAIL_ENDPOINT", "canary"),
        ("EMAIL_ACCESS_KEY", "canary"),
        ("EMAIL_ACCESS_KEY", "Y2FuYXJ5="),
        ("EMAIL_ACCESS_KEY", "?"),
        ("REMINDERS", "canary"),
        ("REFERRAL_DELIVERY", "canary"),
        ("BOOKING_DOMAINS", "canary, @"),
        ("CHECK_WEEKDAYS", "canary"),
        ("UNPROVEN_SHARE_PERCENT", "101"),
        ("WAITING_LIST_FACTOR", "-1"),
        ("WAITING_LIST_ENDS_HOURS", "-77"),
        ("REFERRAL_RECIPIENT", "canary"),
        ("EMAIL_SENDER", "canary@"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(WEB | WORKER | {name: value})

    assert list(caught.value.problems) == [name]
    assert value not in str(caught.value)


def rsa_key(bits: int) -> dict[str, str]:
    """A key pair of that size as settings."""
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=bits).private_numbers()
    parts = {"n": numbers.public_numbers.n, "e": 65537, "d": numbers.d, "p": numbers.p, "q": numbers.q}
    parts |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
    texts = {name: base64url.encode(part.to_bytes((part.bit_length() + 7) // 8)) for name, part in parts.items()}
    private = {"kty": "RSA", "kid": f"of {bits} bits"} | texts
    public = {name: private[name] for name in ("kty", "kid", "n", "e")}
    return {"REFERRAL_PUBLIC_KEY": json.dumps(public), "REFERRAL_PRIVATE_KEY": json.dumps(private)}


def test_a_new_key_has_3072_bits_or_more_and_one_of_2048_still_opens_what_was_sealed_with_it() -> None:
    short, current = rsa_key(2048), {name: KEYS[name] for name in ("REFERRAL_PUBLIC_KEY", "REFERRAL_PRIVATE_KEY")}
    before = {"REFERRAL_PRIVATE_KEY_PREVIOUS": short["REFERRAL_PRIVATE_KEY"]}

    assert problems(WORKER | short) == dict.fromkeys(short, "not valid")
    assert problems(WORKER | current | rsa_key(3064)).keys() == short.keys()
    assert Settings.from_environment(WORKER | current | before).referral_private_key_previous is not None
    assert problems(
        WORKER | current | {"REFERRAL_PRIVATE_KEY_PREVIOUS": rsa_key(1024)["REFERRAL_PRIVATE_KEY"]}
    ) == dict.fromkeys(before, "not valid")


def test_several_mac_keys_may_have_been_before() -> None:
    first, second = (generated_keys(owner)["REFERRAL_MAC_KEY"] for owner in ("", "another"))

    settings = Settings.from_environment(WORKER | {"REFERRAL_MAC_KEY_PREVIOUS": f"{first}, {second}"})

    assert [len(key.get_secret_value()) for key in settings.referral_mac_key_previous] == [32, 32]
    assert first not in repr(settings)


def test_the_migration_is_off_unless_a_last_day_is_given() -> None:
    assert Settings.from_environment(WORKER).referral_mac_migration is None
    given = Settings.from_environment(WORKER | {"REFERRAL_MAC_MIGRATION": "2026-12-04"})
    assert given.referral_mac_migration == date(2026, 12, 4)


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi"])
def test_private_key_with_a_wrong_number_is_refused_by_a_message_of_our_own(member: str) -> None:
    wrong = json.loads(KEYS["REFERRAL_PRIVATE_KEY"])["d" if member != "d" else "dp"]

    with pytest.raises(ValidationError, match="is not a consistent RSA private key") as caught:
        TypeAdapter(PrivateJwk).validate_python(jwk("REFERRAL_PRIVATE_KEY", **{member: wrong}))

    assert wrong not in str(caught.value.errors(include_input=False))


def test_settings_without_a_private_key_do_not_load_cryptography() -> None:
    """It would delay the start of every function of the web app."""
    program = "import os, sys; from shared.config.settings import Settings; Settings.from_environment(os.environ)"
    program += "; print('cryptography' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=WEB, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


@every_row("name", ["BOOKINGS_STORAGE", "REFERRALS_STORAGE"])
@every_row(
    "value",
    [
        "garbage",
        "canary;AccountName=a",
        "AccountName=canary",
        f"AccountKey={KEY}",
        "AccountName=canary;AccountKey=",
        "AccountName=canary;AccountKey=not base64",
        f"AccountName=a;AccountName=canary;AccountKey={KEY}",
        f"AccountName=a;accountname=canary;AccountKey={KEY}",
        f"AccountName=a;AccountKey={KEY};TableEndpoint=canary",
        f"AccountName=a;AccountKey={KEY};TableEndpoint=https://canary:port/a",
        f"AccountName=a;AccountKey={KEY};QueueEndpoint=ftp://canary",
        f"AccountName=a;AccountKey={KEY};TableSecondaryEndpoint=https://canary",
        "SharedAccessSignature=sv=canary",
        "UseDevelopmentStorage=canary",
    ],
)
def test_a_connection_string_that_no_client_could_use_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(WEB | WORKER | {name: value})

    assert list(caught.value.problems) == [name]
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "UseDevelopmentStorage=true",
        "usedevelopmentstorage=true;",
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY};EndpointSuffix=core.windows.net",
        f"AccountName=a;AccountKey={KEY}",
        f"AccountName=a;AccountKey={KEY};TableEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:2/a;",
        "AccountName=a;SharedAccessSignature=sv=2026&sig=abc%3D",
        "TableEndpoint=https://a.example;QueueEndpoint=https://b.example;SharedAccessSignature=sv=2026&sig=abc%3D",
    ],
)
def test_a_connection_string_that_is_taken_is_one_that_the_clients_open(value: str) -> None:
    storage = Settings.from_environment(WORKER | {"BOOKINGS_STORAGE": value}).bookings_storage

    assert storage.connection_string
    TableServiceClient.from_connection_string(storage.connection_string).close()
    QueueServiceClient.from_connection_string(storage.connection_string).close()


def test_the_platform_s_way_of_naming_a_managed_identity_is_understood() -> None:
    identity = {"REFERRALS_STORAGE__credential": "managedidentity", "REFERRALS_STORAGE__clientId": "an-id"}

    storage = Settings.from_environment(WORKER | identity).referrals_storage

    assert (storage.client_id, storage.connection_string) == ("an-id", None)
    assert storage.table_endpoint == "https://r.table.core.windows.net/"


def test_an_e_mail_emulator_on_the_same_machine_may_go_without_encryption() -> None:
    settings = Settings.from_environment(WORKER | {"EMAIL_ENDPOINT": "http://127.0.0.1:7072"})

    assert str(settings.email_endpoint) == "http://127.0.0.1:7072/"


@pytest.mark.parametrize(
    ("given", "closed"),
    [
        ("", set()),
        ("bookings", {Support.BOOKINGS}),
        ("One-to-one, bookings", {Support.BOOKINGS, Support.ONE_TO_ONE}),
    ],
)
def test_each_kind_of_support_can_be_closed(given: str, closed: set[Support]) -> None:
    assert Settings.from_environment(WEB | {"CLOSED": given}).closed == closed


def test_something_else_that_is_to_be_closed_is_named_as_a_mistake() -> None:
    assert problems(WEB | {"CLOSED": "bookings,everything"}) == {"CLOSED": "not valid"}


def test_origins_are_as_browsers_write_them() -> None:
    given = "https://www.trust.nhs.uk, HTTPS://Intranet:8443,https://xn--trst-wna.nhs.uk:65535"
    origins = {"https://www.trust.nhs.uk", "https://intranet:8443", "https://xn--trst-wna.nhs.uk:65535"}
    assert Settings.from_environment(WEB | {"BOOKING_ORIGINS": given}).booking_origins == origins
    assert Settings.from_environment(WEB | {"BOOKING_ORIGINS": ""}).booking_origins == set()


@every_row(
    "given",
    [
        "*",
        "null",
        "https://",
        "https://*.trust.nhs.uk",
        "www.trust.nhs.uk",
        "http://www.trust.nhs.uk",
        "http://127.0.0.1:8080",
        "https://www.trust.nhs.uk/",
        "https://www.trust.nhs.uk/staff",
        "https://www.trust.nhs.uk?",
        "https://www.trust.nhs.uk.",
        "https://www..trust.nhs.uk",
        "https://www.trust.nhs.uk:443",
        "https://www.trust.nhs.uk:0443",
        "https://www.trust.nhs.uk:0",
        "https://www.trust.nhs.uk:65536",
        "https://www.trust.nhs.uk:",
        "https://someone@www.trust.nhs.uk",
        "https://tr\N{LATIN SMALL LETTER U WITH DIAERESIS}st.nhs.uk",
        "https://www.trust.nhs.uk https://m.trust.nhs.uk",
        "https://www.trust.nhs.uk,",
        "https://www.trust.nhs.uk,null",
    ],
)
def test_what_no_browser_sends_as_an_origin_is_no_setting(given: str) -> None:
    assert problems(WEB | {"BOOKING_ORIGINS": given}) == {"BOOKING_ORIGINS": "not valid"}


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
