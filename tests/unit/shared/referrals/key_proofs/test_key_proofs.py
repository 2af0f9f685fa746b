"""Nobody hears "received" before the worker has opened what is sealed with the key, and nobody is refused after."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.referrals.errors import KeyNotProvenError, KeyUnavailableError, ReferralsBusyError, UnsealError
from shared.referrals.intake.service import ReferralService
from shared.referrals.key_proofs.key_prover import KeyProver
from shared.referrals.key_proofs.key_readiness import KeyReadiness
from shared.referrals.key_proofs.proof_rows import KeyProof, KeyProofs, ProofMac, thumbprint
from shared.referrals.sealing import LocalKey, Sealer, unseal
from shared.tables.table import StorageUnavailableError
from tests.builders import KEY, MORNING, referral_request
from tests.fakes import FakeTable
from tests.generated_keys import generated_keys
from tests.unit.shared.referrals.referral_system import ReferralHarness

KEYS, OTHER_KEYS = generated_keys(), generated_keys("another")
PUBLIC: dict[str, str] = json.loads(KEYS["REFERRAL_PUBLIC_KEY"])
PRIVATE = LocalKey(KEYS["REFERRAL_PRIVATE_KEY"])
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SECRET, NEXT_SECRET = b"m" * 32, b"n" * 32


class Vault:
    """The private key, which may be away, or be another one."""

    def __init__(self) -> None:
        self.key = PRIVATE
        self.down = False
        self.asked = 0

    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        self.asked += 1
        if self.down:
            raise KeyUnavailableError("HTTP 503")
        return self.key.unwrap(key_id, wrapped_key)


class BothApps:
    """The table with the proofs between the worker and the web app, each with its own key and its own MAC keys."""

    def __init__(self, public: dict[str, str] = PUBLIC) -> None:
        self.table, self.vault, self.public = FakeTable(), Vault(), public
        self.worker_secrets: tuple[bytes, ...] = (SECRET,)
        self.web_secret = SECRET
        self.start_worker()
        self.start_web()

    def start_worker(self, *public: dict[str, str]) -> None:
        proofs = KeyProofs(self.table, ProofMac.of(*self.worker_secrets))
        seals = {thumbprint(each): Sealer(each).seal for each in public or (self.public,)}
        self.worker = KeyProver(proofs, seals, lambda referral, sealed: unseal(referral, sealed, self.vault))

    def start_web(self, *public: dict[str, str]) -> None:
        proofs = KeyProofs(self.table, ProofMac.of(self.web_secret))
        self.web = KeyReadiness(proofs, [thumbprint(each) for each in public or (self.public,)])

    def takes_referrals(self, now: datetime = MORNING) -> bool:
        return self.web.is_ready(now)


def test_a_referral_is_refused_until_the_worker_has_opened_a_canary() -> None:
    apps = BothApps()

    assert not apps.takes_referrals()
    apps.worker.run(MORNING)
    assert apps.takes_referrals(MORNING + timedelta(seconds=5))


@pytest.mark.parametrize("error", [KeyNotProvenError("no key is proven"), UnsealError("content")])
def test_a_referral_that_cannot_be_opened_is_not_stored_and_its_person_is_asked_to_send_it_again(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    harness = ReferralHarness()

    def broken(*_: Any) -> Any:
        raise error

    service = ReferralService(harness.repository(), broken, KEY, "2023-09-01", lambda _, words: words)
    with pytest.raises(ReferralsBusyError):
        service.accept(referral_request(), MORNING)

    assert (harness.status.rows, harness.sealed.rows) == ({}, {})
    assert "no one could open it again" in caplog.text
    assert harness.accepted()


@pytest.mark.parametrize("wrong", ["answers cut", "answers changed"])
def test_a_cipher_that_loses_answers_is_noticed_at_sealing(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import shared.referrals.sealing as module  # the module whose cipher is broken here

    real = module._cipher

    class Broken:
        def __init__(self, version: str, key: bytes) -> None:
            self._cipher = real(version, key)

        def encrypt(self, nonce: bytes, answers: bytes, data: bytes) -> bytes:
            lost = answers[:-1] if wrong == "answers cut" else answers.swapcase()
            return self._cipher.encrypt(nonce, lost, data)

        def decrypt(self, nonce: bytes, text: bytes, data: bytes) -> bytes:
            return self._cipher.decrypt(nonce, text, data)

    monkeypatch.setattr(module, "_cipher", Broken)

    with pytest.raises(UnsealError):
        Sealer(PUBLIC).seal(ReferralHarness().service()._referral("submission", 0, "", MORNING), b"Some Answers")


@pytest.mark.parametrize(
    "public",
    [
        json.loads(OTHER_KEYS["REFERRAL_PUBLIC_KEY"]),
        json.loads(OTHER_KEYS["REFERRAL_PUBLIC_KEY"]) | {"kid": PUBLIC["kid"]},
        PUBLIC | {"kid": "another"},
    ],
    ids=["another key", "another key under the same name", "the same key under another name"],
)
def test_a_wrong_public_key_takes_no_referral(public: dict[str, str]) -> None:
    """Whether only the web app has it, or both apps have it."""
    only_web = BothApps()
    only_web.worker.run(MORNING)
    only_web.start_web(public)
    both = BothApps(public)
    with pytest.raises(KeyNotProvenError):
        both.worker.run(MORNING)

    assert not only_web.takes_referrals()
    assert not both.takes_referrals()


def test_the_same_key_written_in_another_way_has_the_same_thumbprint() -> None:
    padded = {name: text + "=" * (-len(text) % 4) if name in "en" else text for name, text in PUBLIC.items()}

    assert thumbprint(padded | {"use": "enc"}) == thumbprint(PUBLIC)


def test_once_proven_referrals_are_taken_for_as_long_as_vault_and_timer_are_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    apps = BothApps()
    apps.worker.run(MORNING)
    apps.vault.down = True

    apps.worker.run(MORNING + HOUR)
    assert "cannot be tried at the moment" in caplog.text
    for hours in (4, 24, 24 * 30):
        with pytest.raises(KeyNotProvenError, match="could not be tried"):
            apps.worker.run(MORNING + hours * HOUR)
        assert apps.takes_referrals(MORNING + hours * HOUR)
    assert "ERROR" in {record.levelname for record in caplog.records}

    apps.vault.down = False
    apps.worker.run(MORNING + 24 * 31 * HOUR)
    assert apps.takes_referrals(MORNING + 24 * 31 * HOUR)


def test_a_key_that_stops_opening_closes_the_form_and_opens_it_when_it_is_mended() -> None:
    apps = BothApps()
    apps.worker.run(MORNING)
    apps.vault.key = LocalKey(json.dumps(json.loads(OTHER_KEYS["REFERRAL_PRIVATE_KEY"]) | {"kid": PUBLIC["kid"]}))

    with pytest.raises(KeyNotProvenError):
        apps.worker.run(MORNING + HOUR)
    assert not apps.takes_referrals(MORNING + HOUR)

    apps.vault.key = PRIVATE
    apps.worker.run(MORNING + HOUR + 5 * MINUTE)
    assert apps.takes_referrals(MORNING + HOUR + 5 * MINUTE)


def test_a_key_is_tried_at_the_start_and_then_every_hour() -> None:
    apps = BothApps()
    for minutes in range(0, 125, 5):
        apps.worker.run(MORNING + minutes * MINUTE)
    assert apps.vault.asked == 3

    apps.start_worker()
    apps.worker.run(MORNING + 125 * MINUTE)
    apps.worker.run(MORNING - 24 * HOUR)  # the clock was set back
    assert apps.vault.asked == 5


def test_the_key_before_is_used_until_the_next_one_is_proven() -> None:
    apps, following = BothApps(), json.loads(OTHER_KEYS["REFERRAL_PUBLIC_KEY"])
    apps.worker.run(MORNING)
    apps.start_worker(following, PUBLIC)
    apps.start_web(following, PUBLIC)

    with pytest.raises(KeyNotProvenError):  # its private half is not there yet, or never will be
        apps.worker.run(MORNING)
    assert apps.web.usable(MORNING) == thumbprint(PUBLIC)

    apps.vault.key = LocalKey(KEYS["REFERRAL_PRIVATE_KEY"], OTHER_KEYS["REFERRAL_PRIVATE_KEY"])
    apps.worker.run(MORNING + 5 * MINUTE)
    assert apps.web.usable(MORNING + 5 * MINUTE) == thumbprint(following)


def test_a_proof_that_this_service_did_not_write_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """Neither one that was typed, nor that of another key."""
    apps, wrong = BothApps(), json.loads(OTHER_KEYS["REFERRAL_PUBLIC_KEY"])
    apps.worker.run(MORNING)
    [row] = apps.table.rows.values()
    apps.table.put(dict(row.cells) | {"RowKey": thumbprint(wrong)})
    apps.start_web(wrong)
    assert not apps.takes_referrals()

    apps.table.put(dict(row.cells) | {"Mac": ""})
    apps.start_web()
    assert not apps.takes_referrals()
    assert "was not written by this service" in caplog.text

    apps.start_worker()  # an operator restarts it: it writes over the row, and nobody has to delete one
    apps.worker.run(MORNING)
    apps.start_web()
    assert apps.takes_referrals()


def test_a_failure_cannot_be_typed_away() -> None:
    apps = BothApps()
    apps.worker.run(MORNING)
    [row] = apps.table.rows.values()
    proofs = KeyProofs(apps.table, ProofMac.of(SECRET))
    proofs.record(row.key, KeyProof(MORNING, failed=True))
    [failed] = apps.table.rows.values()

    apps.table.put(dict(failed.cells) | {"Failed": False})

    assert not apps.takes_referrals()


def test_proofs_hold_while_the_mac_key_is_rotated_in_the_worker_first() -> None:
    apps = BothApps()
    apps.worker_secrets = (NEXT_SECRET, SECRET)
    apps.start_worker()
    apps.worker.run(MORNING)

    for apps.web_secret in (SECRET, NEXT_SECRET):
        apps.start_web()
        assert apps.takes_referrals()


def test_the_form_asks_storage_once_a_minute_and_opens_when_storage_does_not_answer() -> None:
    apps = BothApps()
    apps.worker.run(MORNING)
    before = apps.table.calls
    assert all(apps.takes_referrals(MORNING + seconds * timedelta(seconds=1)) for seconds in range(60))
    assert apps.table.calls == before + 1

    class Away(FakeTable):
        def get(self, partition: str, key: str) -> Any:
            raise StorageUnavailableError

    proofs = KeyProofs(Away(), ProofMac.of(SECRET))
    assert KeyReadiness(proofs, [thumbprint(PUBLIC)]).is_ready(MORNING)


def test_a_process_that_can_open_referrals_itself_waits_for_no_timer() -> None:
    apps = BothApps()
    proofs = KeyProofs(apps.table, ProofMac.of(SECRET))

    assert KeyReadiness(proofs, [thumbprint(PUBLIC)], apps.worker.run).is_ready(MORNING)


def test_nothing_of_a_canary_is_stored_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    apps = BothApps()
    apps.worker.run(MORNING)

    [row] = apps.table.rows.values()
    assert set(row.cells) == {"PartitionKey", "RowKey", "ProvenAt", "Failed", "Mac"}
    assert caplog.text == ""
