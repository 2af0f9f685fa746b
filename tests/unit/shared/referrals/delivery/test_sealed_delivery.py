"""What only the provider's keys open is sent in no other way, whatever the delivery is by then; and the reverse."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from shared.referrals.collection.waiting import in_order, is_waiting_sealed
from shared.referrals.delivery.smoke_test import signed_marker
from shared.referrals.model import SEALED, Referral
from shared.referrals.provider_sealing.sealed_row import to_sealed
from shared.referrals.provider_sealing.sealer import ProviderSealer
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import NoKey
from tests.builders import MORNING, referral, referral_request
from tests.every_row import every_row
from tests.opener_files import keys
from tests.unit.functions.in_memory_app import InMemoryApp
from tests.unit.functions.provider.test_sealed import KEYS as PROVIDER_KEYS
from tests.unit.functions.test_app_roles import services
from tests.unit.shared.referrals import referral_system
from tests.unit.shared.referrals.referral_system import MAC, RECIPIENT, ReferralHarness

SEALER = ProviderSealer([key.jwk for key in keys()])
OWN = referral_system.seal


def seal_for_provider(referral: Referral, answers: bytes) -> Sealed:
    return MAC.sign(referral, to_sealed(SEALER.seal(referral, answers)))


@pytest.fixture
def to_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form seals to the provider's keys."""
    monkeypatch.setattr(referral_system, "seal", seal_for_provider)


@every_row("delivery", ["inline", "link", "sealed"])
@pytest.mark.usefixtures("to_provider")
def test_what_was_sealed_to_the_provider_goes_as_a_link_to_its_file_after_any_change(delivery: str) -> None:
    """The row says so, and not the setting: no email promises answers, or a passphrase, that are not there."""
    harness = ReferralHarness(delivery)
    harness.key, harness.sealed_for = NoKey(), SEALED
    reference = harness.accepted()
    harness.forwarder().forward(reference, MORNING)

    [(_, message)] = harness.sender.sent
    assert "Then open it with your key on your own computer." in message.text
    assert "passphrase we agreed" not in message.text
    status = harness.repository().status(reference)
    assert status is not None
    assert (status.state, status.delivery) == ("sent", SEALED)
    assert in_order([status], 0) == [], "on no list that a passphrase opens"
    assert in_order([status], 0, waits=is_waiting_sealed) == [status]


@pytest.mark.usefixtures("to_provider")
def test_a_backlog_goes_in_emails_of_links_and_a_reminder_speaks_of_the_file() -> None:
    """None of them asks for the passphrase of another way, or says what nobody here can know: that it was opened."""
    harness = ReferralHarness("sealed")
    harness.key, harness.sealed_for = NoKey(), SEALED
    for _ in range(21):
        harness.service().accept(referral_request(), MORNING)
    harness.tick(MORNING)
    batch, *_ = sorted(harness.sender.messages, key=lambda each: -len(each.text))

    assert batch.subject == "20 new self-referrals"
    assert batch.text.count("https://collect.example/collect/") == 20
    assert {row.text("Delivery") for row in harness.rows} == {SEALED}
    for day in range(1, 8):
        harness.tick(MORNING + timedelta(days=day))
    reminder = next(each for each in reversed(harness.mails_to(RECIPIENT)) if "Reminder" in each.subject)
    for message in (batch, reminder):
        assert "passphrase we agreed" not in message.text
        assert "No one has opened it" not in message.text
        assert "on a website" in message.text


def test_what_was_sealed_before_waits_for_a_person_where_nothing_opens_it_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its link would lead nowhere. With the passphrase and the key still there it goes as a link."""
    referred: dict[str, str] = {}
    for opens in (False, True):
        harness = ReferralHarness("sealed")
        reference = harness.accepted()
        check = MAC.check if opens else MAC.check_for_provider
        monkeypatch.setattr(harness, "mac", SimpleNamespace(check=check))
        harness.forwarder().forward(reference, MORNING)
        status = harness.repository().status(reference)
        assert status is not None
        referred[str(opens)] = f"{status.state} {status.last_error} {status.delivery}"

    assert referred == {"False": "attention unseal-version 2 link", "True": "sent  link"}


def test_a_worker_without_a_passphrase_checks_that_only_the_provider_opens_what_it_sends() -> None:
    sealed = {"REFERRAL_DELIVERY": "sealed", "REFERRAL_PROVIDER_KEYS": PROVIDER_KEYS}
    alone = services("worker", **sealed, REFERRAL_PASSPHRASE="", REFERRAL_PRIVATE_KEY="").referrals
    beside = services("worker", **sealed).referrals
    checks = [each.forwarder.authenticate.__name__ for each in (alone, beside)]

    assert checks == ["check_for_provider", "check"]
    assert (alone.collector, beside.collector is None) == (None, False)


@pytest.mark.usefixtures("to_provider")
def test_a_test_of_the_service_goes_to_the_provider_since_nobody_here_can_see_that_it_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A signed marker alone keeps no referral from the provider."""
    app = InMemoryApp(
        monkeypatch,
        REFERRAL_DELIVERY="sealed",
        REFERRAL_PROVIDER_KEYS=PROVIDER_KEYS,
        REFERRAL_PRIVATE_KEY="",
        OPERATORS_EMAIL="operators@example.nhs.uk",
    )
    services, smoke_test = app.built.referrals, app.built.referrals.forwarder.smoke_test
    assert smoke_test is not None
    test = referral(reference="HJKM3467", marker=signed_marker(smoke_test.signer))
    mac, answers = services._keys.signing_mac, smoke_test.fixed(MORNING)
    services._repository.insert_sealed(test, mac.sign(test, to_sealed(SEALER.seal(test, answers))))
    services._repository.insert_status(test)

    services.forwarder.forward("HJKM3467", MORNING + timedelta(minutes=1))
    assert [message.to for message in app.sender.messages] == [app.built._context.settings.referral_recipient]
