"""The provider opens a referral with a link and a passphrase, as often as needed, until it is saved."""

import base64
import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from shared.passphrase import PassphraseHash
from shared.referrals.collection import access_token
from shared.referrals.collection.acknowledgement import Acknowledgement, AcknowledgementRecorder
from shared.referrals.collection.collector import Collector, OpenedReferral
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.errors import (
    KeyUnavailableError,
    PassphraseError,
    PassphraseTooSoonError,
    ProofError,
    ReferralGoneError,
    ReferralLinkError,
    UnsealError,
)
from shared.referrals.intake.service import ReferralService
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.row_mac import RowMac
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import LocalKey, Sealer, content_key, decrypt
from shared.signing import Signer
from shared.tables.table import StorageError, StorageUnavailableError, Table
from tests.builders import KEY, MORNING, referral_request
from tests.fakes import FakeTable
from tests.generated_keys import generated_keys

pytestmark = pytest.mark.usefixtures("passphrases_compared_once")

KEYS = generated_keys()
SEALER, PRIVATE = Sealer(json.loads(KEYS["REFERRAL_PUBLIC_KEY"])), LocalKey(KEYS["REFERRAL_PRIVATE_KEY"])
MAC = RowMac.of(b"m" * 32)
RIGHT, NEW, WRONG = "CVXP-H4Q6-3HYP-9YGQ-P4Y3", "GVVK-V7DK-DK7T-HT4G-KF44", "CVXP-H4Q6-3HYP-9YGQ-P4Y4"
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
        service = ReferralService(self.repository, seal, KEY, "2023-09-01", lambda _, words: words)
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
            tries=WrongTries(self.tries),
            passphrases=(HASH,),
            authenticate=MAC.check,
            content_key=lambda sealed: content_key(sealed, PRIVATE),
            unseal=decrypt,
            acknowledge_reference=AcknowledgementRecorder(self.repository).acknowledge_opened,
            set_aside_reference=AcknowledgementRecorder(self.repository).set_aside,
        )

    def open(
        self, passphrase: str = RIGHT, now: datetime = MORNING, waited: timedelta = timedelta(0)
    ) -> OpenedReferral:
        return self.collector.open(self.token, passphrase, now, waited)

    def mistake(self, times: int, now: datetime = MORNING) -> list[timedelta]:
        """So many wrong passphrases, on pages that were open for long; returns the delay after each."""
        return [self._mistake(now) for _ in range(times)]

    def _mistake(self, now: datetime) -> timedelta:
        with pytest.raises(PassphraseError) as caught:
            self.open(WRONG, now, HALF_AN_HOUR)
        return caught.value.delay

    @property
    def counted(self) -> str:
        """The wrong ones that are counted, as the row has them."""
        return "".join(row.text("Minutes") for row in self.tries.rows.values())

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

    changed = {name: cell for name, cell in opened.cells.items() if cell != before.cells.get(name)}
    assert re.fullmatch("[0-9a-f]{32}", changed.pop("OpeningId")), "random, of this opening, and of no person"
    assert changed == {"OpenedOn": "2023-09-02"}
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


def test_a_right_passphrase_is_no_wrong_one_and_leaves_those_of_others(provider: Provider) -> None:
    for _ in range(20):
        provider.open()
    assert provider.tries.rows == {}

    provider.mistake(3)
    before = provider.counted
    provider.open()

    assert (provider.counted, before.partition(":")[2]) == (before, "3")


def test_after_the_sixth_wrong_one_within_an_hour_the_page_has_to_be_open_for_a_while(provider: Provider) -> None:
    delays = provider.mistake(12)

    assert [delay.total_seconds() for delay in delays] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]
    for waited, left in ((timedelta(0), 15), (timedelta(seconds=6), 9), (timedelta(seconds=14.5), 0.5)):
        for passphrase in (RIGHT, WRONG):
            with pytest.raises(PassphraseTooSoonError) as caught:
                provider.open(passphrase, waited=waited)
            assert caught.value.wait == timedelta(seconds=left)
    assert provider.counted.endswith(":12"), "what came too soon is not counted"
    assert provider.open(waited=timedelta(seconds=15)).answers
    assert provider.open(now=MORNING + timedelta(hours=1)).answers


def test_too_many_wrong_ones_raise_the_alarm_once_an_hour_without_a_reference(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.mistake(5)
    assert alarms(caplog) == []
    provider.mistake(20)
    assert alarms(caplog) == ["6 wrong passphrases within an hour, over all links"]
    provider.mistake(6, MORNING + timedelta(minutes=59))
    provider.mistake(1, MORNING + timedelta(minutes=61))

    assert alarms(caplog) == [
        "6 wrong passphrases within an hour, over all links",
        "7 wrong passphrases within an hour, over all links",
    ]
    assert not {WRONG, provider.reference} & set(caplog.text.split())


def alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]


def test_wrong_ones_at_twenty_links_are_one_count(provider: Provider) -> None:
    for _ in range(20):
        other = Provider(tries=provider.tries)
        other.mistake(5)

    with pytest.raises(PassphraseTooSoonError):
        provider.open()
    assert provider.open(waited=timedelta(seconds=15)).answers


def test_sixteen_colleagues_who_enter_the_right_one_at_once_all_get_in(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector, together = provider.collector, threading.Barrier(16)

    def slowly(passphrase: str, _: object) -> bool:
        together.wait(10)  # each is counted before the first is compared
        return passphrase == RIGHT

    monkeypatch.setattr("shared.referrals.collection.collector.matches_any", slowly)
    with ThreadPoolExecutor(16) as pool:
        opened = list(pool.map(lambda _: collector.open(provider.token, RIGHT, MORNING), range(16)))

    assert all(each.answers for each in opened)
    assert provider.tries.rows == {}


def test_of_four_hundred_wrong_ones_at_one_page_one_is_compared_and_the_right_one_opens_at_another(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.mistake(10)
    collector, compared = provider.collector, list[str]()

    def matches(passphrase: str, _: object) -> bool:
        compared.append(passphrase)
        return passphrase == RIGHT

    def wrong(_: int) -> str:
        try:
            collector.open(provider.token, WRONG, MORNING, HALF_AN_HOUR, "their page")
        except (PassphraseError, PassphraseTooSoonError) as error:
            return type(error).__name__
        return ""

    monkeypatch.setattr("shared.referrals.collection.collector.matches_any", matches)
    with ThreadPoolExecutor(16) as pool:
        refused = Counter(pool.map(wrong, range(400)))
    assert collector.open(provider.token, RIGHT, MORNING, timedelta(seconds=15), "my page").answers

    assert refused == {"PassphraseError": 1, "PassphraseTooSoonError": 399}
    assert compared == [WRONG, RIGHT]
    assert provider.counted.endswith(":11")


def test_sixteen_wrong_ones_at_once_raise_the_alarm_and_the_last_says_how_long_to_wait(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    collector, together = provider.collector, threading.Barrier(16)

    def slowly(_: str, __: object) -> bool:
        together.wait(10)
        return False

    def delay(_: int) -> timedelta:
        with pytest.raises(PassphraseError) as caught:
            collector.open(provider.token, WRONG, MORNING)
        return caught.value.delay

    monkeypatch.setattr("shared.referrals.collection.collector.matches_any", slowly)
    with ThreadPoolExecutor(16) as pool:
        delays = list(pool.map(delay, range(16)))

    assert max(delays) == timedelta(seconds=15)
    assert len(alarms(caplog)) == 1


def test_text_that_is_no_passphrase_costs_no_hashing(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PassphraseHash, "_is_of", None)

    with pytest.raises(PassphraseError):
        provider.open("x" * 64_000)


def test_two_passphrases_are_valid_while_they_are_changed(provider: Provider) -> None:
    changing = replace(provider.collector, passphrases=(NEW_HASH, HASH))
    changed = replace(provider.collector, passphrases=(NEW_HASH,))

    assert changing.open(provider.token, RIGHT, MORNING).answers == changing.open(provider.token, NEW, MORNING).answers
    assert changed.open(provider.token, NEW, MORNING).answers
    with pytest.raises(PassphraseError):
        changed.open(provider.token, RIGHT, MORNING)


def test_nobody_may_try_while_tries_cannot_be_counted(provider: Provider) -> None:
    with pytest.raises(StorageError):
        replace(provider.collector, tries=WrongTries(dead())).open(provider.token, RIGHT, MORNING)


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
