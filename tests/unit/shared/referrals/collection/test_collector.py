"""The provider opens a referral with a link and a passphrase, as often as needed, until it is saved."""

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from local.setup.keys import new_keys
from shared.passphrase import PassphraseHash
from shared.referrals.collection import access_token
from shared.referrals.collection.acknowledgement import Acknowledgement, AcknowledgementRecorder
from shared.referrals.collection.collector import Collector, OpenedReferral
from shared.referrals.collection.lockout import Lockout
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.errors import (
    KeyUnavailableError,
    LinkLockedError,
    PassphraseError,
    ProofError,
    ReferralGoneError,
    ReferralLinkError,
    UnsealError,
)
from shared.referrals.intake.service import ReferralService
from shared.referrals.model import Referral, Sealed
from shared.referrals.repository import ReferralRepository
from shared.referrals.row_mac import RowMac
from shared.referrals.sealing import LocalKey, Sealer, content_key, decrypt
from shared.signing import Signer
from shared.tables.table import StorageError, StorageUnavailableError, Table
from tests.builders import KEY, MORNING, referral_request
from tests.fakes import FakeTable

KEYS = new_keys()
SEALER, PRIVATE = Sealer(json.loads(KEYS["REFERRAL_PUBLIC_KEY"])), LocalKey(KEYS["REFERRAL_PRIVATE_KEY"])
MAC = RowMac.of(b"m" * 32)
RIGHT, NEW, WRONG = "violet harbour seven quiet lanterns", "another one for the next year", "violet harbour"
HASH, NEW_HASH = PassphraseHash.of(RIGHT), PassphraseHash.of(NEW)
LINK_KEY = b"l" * 32
LINKS = ReferralLinks(Signer((LINK_KEY,)), "https://collect.example")
KEY_CELLS = {"PartitionKey": "referrals"}
HALF_AN_HOUR = timedelta(minutes=30)


def seal(referral: Referral, answers: bytes) -> Sealed:
    """Sealed and with a MAC, as the accepting side does it."""
    return MAC.sign(referral, SEALER.seal(referral, answers))


class DeadTable:
    """A table that does not answer."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        raise StorageUnavailableError("dead")


@dataclass
class Provider:
    """One referral that has come in, and what the provider uses to open it."""

    statuses: FakeTable = field(default_factory=FakeTable)
    sealed: FakeTable = field(default_factory=FakeTable)
    tries: FakeTable = field(default_factory=FakeTable)

    def __post_init__(self) -> None:
        service = ReferralService(self.repository, seal, KEY, "2023-09-01")
        self.reference = service.accept(referral_request(full_name="Zoë", what_brings_you="canary"), MORNING)
        self.token = LINKS.to_collect(self.reference, MORNING).rpartition("/")[2]

    @property
    def repository(self) -> ReferralRepository:
        return ReferralRepository(self.statuses, self.sealed, FakeTable())

    @property
    def collector(self) -> Collector:
        return Collector(
            links=LINKS,
            store=self.repository,
            lockout=Lockout(self.tries),
            passphrases=(HASH,),
            authenticate=MAC.check,
            content_key=lambda sealed: content_key(sealed, PRIVATE),
            unseal=decrypt,
            acknowledge_reference=AcknowledgementRecorder(self.repository).acknowledge_opened,
        )

    def open(self, passphrase: str = RIGHT, now: datetime = MORNING) -> OpenedReferral:
        return self.collector.open(self.token, passphrase, now)

    @property
    def referral(self) -> Referral:
        found = self.repository.status(self.reference)
        assert found is not None
        return found

    def state(self) -> str:
        [row] = self.statuses.rows.values()
        return row.text("State")


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_the_passphrase_opens_it_as_often_as_needed_and_changes_nothing(provider: Provider) -> None:
    before = (dict(provider.statuses.rows), dict(provider.sealed.rows))

    for hour in range(20):
        collected = provider.open(now=MORNING + timedelta(hours=hour))
        assert ("Name", "Zoë") in collected.answers
        assert "canary" in dict(collected.answers).values()

    assert (provider.statuses.rows, provider.sealed.rows) == before
    assert provider.tries.rows == {}


def test_of_what_was_sent_the_first_opening_is_noted_as_a_day_and_the_others_change_nothing(provider: Provider) -> None:
    [row] = provider.statuses.rows.values()
    provider.repository.change(provider.reference, row.etag, State="sent", SentOn="2023-09-01", Delivery="link")
    [before] = provider.statuses.rows.values()

    provider.open(now=MORNING + timedelta(days=1))
    [opened] = provider.statuses.rows.values()
    provider.open(now=MORNING + timedelta(days=2))

    assert {name: cell for name, cell in opened.cells.items() if cell != before.cells[name]} == {
        "OpenedOn": "2023-09-02"
    }
    assert list(provider.statuses.rows.values()) == [opened]


def test_an_opening_that_cannot_be_noted_is_shown_and_noted_when_it_is_acknowledged(provider: Provider) -> None:
    [row] = provider.statuses.rows.values()
    provider.repository.change(provider.reference, row.etag, State="sent", SentOn="2023-09-01", Delivery="link")

    class Unwritable(ReferralRepository):
        def change(self, reference: str, etag: str, **cells: str | int) -> str:
            raise StorageUnavailableError("HTTP 503")

    unwritable = Unwritable(provider.statuses, provider.sealed, FakeTable())
    opened = replace(provider.collector, store=unwritable).open(provider.token, RIGHT, MORNING)
    assert opened.answers
    provider.collector.acknowledge(provider.token, opened.proof, MORNING)

    [status] = provider.statuses.rows.values()
    assert (status.text("State"), status.text("OpenedOn")) == ("acknowledged", "2023-09-01")


def test_a_wrong_passphrase_says_how_many_tries_are_left_and_the_right_one_starts_anew(provider: Provider) -> None:
    for _ in range(3):
        for left in (4, 3, 2, 1):
            with pytest.raises(PassphraseError) as caught:
                provider.open(WRONG)
            assert caught.value.left == left
        provider.open()


def test_five_wrong_passphrases_lock_the_link_for_an_hour_even_for_the_right_one_and_raise_the_alarm(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        with pytest.raises(PassphraseError):
            provider.open(WRONG)

    with pytest.raises(LinkLockedError):
        provider.open(now=MORNING + timedelta(minutes=59))
    assert [each.message for each in caplog.records if each.levelno == logging.ERROR] == [
        f"referral {provider.reference}: link locked for an hour after too many incorrect passphrases"
    ]
    assert WRONG not in caplog.text
    assert provider.open(now=MORNING + timedelta(hours=1)).referral.reference == provider.reference


def test_the_fifth_try_may_be_the_right_one(provider: Provider) -> None:
    for _ in range(4):
        with pytest.raises(PassphraseError):
            provider.open(WRONG)

    assert provider.open().answers
    assert provider.open().answers


def test_two_passphrases_are_valid_while_they_are_changed(provider: Provider) -> None:
    changing = replace(provider.collector, passphrases=(NEW_HASH, HASH))
    changed = replace(provider.collector, passphrases=(NEW_HASH,))

    assert changing.open(provider.token, RIGHT, MORNING).answers == changing.open(provider.token, NEW, MORNING).answers
    assert changed.open(provider.token, NEW, MORNING).answers
    with pytest.raises(PassphraseError):
        changed.open(provider.token, RIGHT, MORNING)


def test_nobody_may_try_while_tries_cannot_be_counted(provider: Provider) -> None:
    with pytest.raises(StorageError):
        replace(provider.collector, lockout=Lockout(dead())).open(provider.token, RIGHT, MORNING)


def dead() -> Table:
    return cast("Table", DeadTable())


def test_while_the_vault_is_down_nothing_is_lost_and_the_right_passphrase_is_not_counted(provider: Provider) -> None:
    def down(_: Sealed) -> bytes:
        raise KeyUnavailableError("HTTP 503")

    for _ in range(10):
        with pytest.raises(KeyUnavailableError):
            replace(provider.collector, content_key=down).open(provider.token, RIGHT, MORNING)

    assert provider.open().answers
    assert provider.state() == "received"


def test_the_proof_saves_typing_the_passphrase_for_half_an_hour(provider: Provider) -> None:
    proof = provider.open().proof

    again = provider.collector.open_again(provider.token, proof, MORNING + HALF_AN_HOUR - timedelta(seconds=1))
    assert (again.answers, again.proof) == (provider.open().answers, proof)
    with pytest.raises(ProofError):
        provider.collector.open_again(provider.token, proof, MORNING + HALF_AN_HOUR)


def test_a_proof_is_good_for_its_own_referral_only() -> None:
    one, other = Provider(), Provider()

    with pytest.raises(ProofError):
        other.collector.open_again(other.token, one.open().proof, MORNING)


def test_the_key_that_signs_links_makes_no_proof(provider: Provider) -> None:
    """Someone who reads every setting and table can make the link. The rest they would have to guess."""
    [row] = provider.sealed.rows.values()
    salt, digest = (base64.b64decode(part + "=" * (-len(part) % 4)) for part in str(HASH).split("$")[-2:])
    names = [provider.reference.encode(), str(HASH).encode()]
    known = [LINK_KEY, KEY, salt, digest, *names, row.cells["WrappedKey"], row.cells["Nonce"]]

    for key in known:
        with pytest.raises(ProofError):
            provider.collector.open_again(provider.token, access_token.issue(key, provider.referral, MORNING), MORNING)


@pytest.mark.parametrize("proof", ["", "none", "1693555200-", "-", "9" * 40, "1693555200-" + "A" * 22, "é" * 22])
def test_what_is_no_proof_opens_nothing_and_deletes_nothing(proof: str, provider: Provider) -> None:
    for act in (provider.collector.open_again, provider.collector.acknowledge):
        with pytest.raises(ProofError):
            act(provider.token, proof, MORNING)
    assert provider.state() == "received"


def test_of_five_thousand_changed_proofs_none_is_good(provider: Provider) -> None:
    [stored] = [found[1] for found in [provider.repository.sealed(provider.reference)] if found]
    key, proof = content_key(stored, PRIVATE), provider.open().proof
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = {
        proof[:place] + sign + proof[place + cut :] for place in range(len(proof)) for sign in signs for cut in (0, 1)
    } - {proof}

    assert len(changed) > 4_000
    assert [each for each in changed if is_good(key, provider.referral, each)] == []
    assert is_good(key, provider.referral, proof)


def is_good(key: bytes, referral: Referral, proof: str) -> bool:
    try:
        access_token.check(key, referral, proof, MORNING)
    except ProofError:
        return False
    return True


def test_who_has_saved_it_can_say_so_twice(provider: Provider) -> None:
    proof = provider.open().proof

    assert provider.collector.acknowledge(provider.token, proof, MORNING) == provider.reference
    assert provider.state() == "acknowledged"
    for act in (provider.collector.open_again, provider.collector.acknowledge, provider.collector.open):
        with pytest.raises(ReferralGoneError):
            act(provider.token, proof, MORNING)
    assert provider.collector.look(provider.token, MORNING).reference == provider.reference


def test_a_page_of_before_someone_had_it_kept_confirms_nothing_and_shows_nothing(provider: Provider) -> None:
    proof = provider.open().proof
    provider.collector.acknowledge(provider.token, proof, MORNING)
    recorder = AcknowledgementRecorder(provider.repository)
    assert recorder.keep(provider.reference, MORNING, version=provider.referral.version) is Acknowledgement.KEPT

    for act in (provider.collector.open_again, provider.collector.acknowledge):
        with pytest.raises(ProofError):
            act(provider.token, proof, MORNING + timedelta(minutes=10))
    assert provider.state() == "received"
    provider.collector.acknowledge(provider.token, provider.open().proof, MORNING)
    assert provider.state() == "acknowledged"


def test_nothing_is_left_of_the_tries_when_it_is_saved(provider: Provider) -> None:
    proof = provider.open().proof
    with pytest.raises(PassphraseError):
        provider.open(WRONG)

    provider.collector.acknowledge(provider.token, proof, MORNING)

    assert provider.tries.rows == {}


def test_referral_erased_while_it_is_opened_is_gone_and_not_damaged(provider: Provider) -> None:
    collector, proof = provider.collector, provider.open().proof

    class Faster(ReferralRepository):
        def sealed(self, reference: str) -> None:
            collector.acknowledge(provider.token, proof, MORNING)

    faster = Faster(provider.statuses, provider.sealed, FakeTable())
    with pytest.raises(ReferralGoneError):
        replace(collector, store=faster).open(provider.token, RIGHT, MORNING)


def test_one_that_lacks_its_answers_is_said_to_be_damaged(provider: Provider) -> None:
    provider.sealed.rows.clear()

    with pytest.raises(UnsealError):
        provider.open()

    [status] = provider.statuses.rows.values()
    assert (status.text("State"), status.text("LastError")) == ("attention", "unseal-missing")


def forge(provider: Provider, change: str) -> None:
    """Someone who may write the tables, and has the public key."""
    [row] = provider.sealed.rows.values()
    stored = provider.repository.sealed(provider.reference)
    assert stored is not None
    made = SEALER.seal(stored[0], b'{"answers": [{"label": "Name", "answer": "forged"}], "not_answered": []}')
    cells: dict[str, dict[str, object]] = {
        "other answers": {"WrappedKey": made.wrapped_key, "Nonce": made.nonce, "Sealed": made.ciphertext},
        "another day": {"ReceivedOn": "2023-08-01"},
        "no MAC": {"Mac": b"", "MacKey": ""},
    }
    if change == "another day in the status":
        [status] = provider.statuses.rows.values()
        provider.statuses.merge({**KEY_CELLS, "RowKey": provider.reference, "ReceivedOn": "2023-08-01"}, status.etag)
    else:
        provider.sealed.merge({**KEY_CELLS, "RowKey": provider.reference, **cells[change]}, row.etag)


@pytest.mark.parametrize("act", ["open", "open_again", "acknowledge"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("other answers", "unseal-mac"),
        ("another day", "unseal-mac"),
        ("no MAC", "unseal-mac missing"),
        ("another day in the status", "unseal-day"),
    ],
)
def test_what_someone_else_wrote_is_never_shown_and_waits_for_a_person(
    change: str, code: str, act: str, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    with_it = provider.open().proof if act != "open" else RIGHT
    forge(provider, change)

    with pytest.raises(UnsealError):
        getattr(provider.collector, act)(provider.token, with_it, MORNING)

    [status] = provider.statuses.rows.values()
    assert (status.text("State"), status.text("LastError")) == ("attention", code)
    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert errors == [f"referral {provider.reference} needs attention: {code}"]


def test_what_someone_else_wrote_is_not_even_unwrapped(provider: Provider) -> None:
    forge(provider, "other answers")
    unwrapped: list[Sealed] = []

    with pytest.raises(UnsealError):
        replace(provider.collector, content_key=unwrapped.append).open(provider.token, RIGHT, MORNING)  # type: ignore[arg-type]  # it is never asked

    assert unwrapped == []


def test_a_link_whose_referral_is_forgotten_is_a_link_that_is_not_valid(provider: Provider) -> None:
    provider.statuses.rows.clear()

    with pytest.raises(ReferralLinkError):
        provider.open()


def test_the_log_says_that_one_was_opened_and_neither_which_nor_what(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    collected = provider.open()

    assert "a referral was opened by the provider" in caplog.text
    assert provider.reference not in caplog.text
    assert "canary" not in caplog.text + repr(collected)
    assert collected.proof not in caplog.text + repr(collected)
