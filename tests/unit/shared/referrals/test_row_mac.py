"""Only rows that this service wrote are forwarded or shown, whoever else can write the tables and seal."""

import dataclasses
import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from shared.referrals.errors import UnsealError
from shared.referrals.model import Referral
from shared.referrals.row_mac import RowMac
from shared.referrals.sealed_answers import Sealed
from tests.builders import MORNING, referral, referral_request
from tests.unit.shared.referrals.referral_system import MAC, OPERATORS, SEALER, ReferralHarness, seal

NEW = b"n" * 32
STATUS = referral()
TODAY = date(2023, 9, 1)


def checked(mac: RowMac, stored: Referral, sealed: Sealed, status: Referral = STATUS) -> str:
    """The reason for which the row is refused; "" if it is taken."""
    try:
        mac.check(status, stored, sealed, MORNING)
    except UnsealError as error:
        return str(error)
    return ""


def test_a_row_that_this_service_wrote_is_taken() -> None:
    assert checked(MAC, STATUS, seal(STATUS, b"answers")) == ""


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Sealed)])
def test_no_cell_of_the_sealed_answers_can_be_changed(name: str) -> None:
    sealed, other = seal(STATUS, b"answers"), seal(STATUS, b"others")
    typed = {"version": "1", "key_id": "another", "mac_key": "0" * 16, "acknowledgement": b"code"}
    changed = typed.get(name, getattr(other, name))

    assert checked(MAC, STATUS, dataclasses.replace(sealed, **{name: changed})) in {"mac", "mac key"}


@pytest.mark.parametrize("name", ["reference", "received_on", "consent_version", "submission"])
def test_no_cell_beside_them_can_be_changed(name: str) -> None:
    sealed = seal(STATUS, b"answers")
    changed = referral(**{name: "changed"})

    assert checked(MAC, changed, sealed, status=changed) == "mac"


@pytest.mark.parametrize("changed", ["hash of others", ""])
def test_the_three_words_of_a_row_can_neither_be_changed_nor_taken_away(changed: str) -> None:
    own = referral(own_words="hash of three words")
    sealed, others = seal(own, b"answers"), dataclasses.replace(own, own_words=changed)

    assert checked(MAC, own, sealed, status=own) == ""
    assert checked(MAC, others, sealed, status=others) == "mac"


def test_what_moves_from_one_cell_to_the_next_is_another_row() -> None:
    one = referral(consent_version="12", submission="3")
    other = referral(consent_version="1", submission="23")

    assert checked(MAC, other, seal(one, b"answers"), status=other) == "mac"


def test_another_day_in_the_status_is_refused() -> None:
    """The provider is promised dates by it."""
    changed = referral(received_on="2023-08-01")

    assert checked(MAC, STATUS, seal(STATUS, b"answers"), status=changed) == "day"


@pytest.mark.parametrize("version", ["0", "4", ""])
def test_an_unknown_version_is_refused_even_with_a_mac(version: str) -> None:
    sealed = MAC.sign(STATUS, dataclasses.replace(SEALER.seal(STATUS, b"answers"), version=version))

    assert checked(MAC, STATUS, sealed) == f"version {version}".strip()


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_row_without_a_mac_is_refused_whatever_its_version(version: str) -> None:
    sealed = dataclasses.replace(SEALER.seal(STATUS, b"answers"), version=version)

    assert checked(MAC, STATUS, sealed) == "mac missing"
    assert checked(MAC, STATUS, dataclasses.replace(sealed, mac=b"x" * 32)) == "mac key"
    assert checked(MAC, STATUS, dataclasses.replace(sealed, mac_key=MAC.current)) == "mac"


def test_rows_of_a_key_before_hold_until_it_is_taken_out_of_the_settings() -> None:
    old = seal(STATUS, b"answers")
    rotating, rotated = RowMac.of(NEW, previous=(b"o" * 32, b"m" * 32)), RowMac.of(NEW)
    new = rotating.sign(STATUS, SEALER.seal(STATUS, b"answers"))

    assert [checked(rotating, STATUS, each) for each in (old, new)] == ["", ""]
    assert [checked(rotated, STATUS, each) for each in (old, new)] == ["mac key", ""]
    assert new.mac_key == rotated.current != old.mac_key


def test_the_id_of_a_key_and_what_is_printed_give_nothing_away() -> None:
    assert len(MAC.current) == 16
    assert str(b"m" * 32) not in repr(MAC)
    assert "keys" not in repr(MAC)


@pytest.mark.parametrize(
    ("last_day", "is_open"),
    [(None, False), (-1, False), (0, True), (6, True), (7, False), (3650, False)],
)
def test_the_window_of_the_migration_closes_by_itself_and_is_short(last_day: int | None, is_open: bool) -> None:
    ends = None if last_day is None else TODAY + timedelta(days=last_day)

    assert RowMac.of(NEW, migration_ends=ends).migration_is_open(MORNING) is is_open


# The service as a whole.


def forge(harness: ReferralHarness, **cells: Any) -> None:
    """Someone who may write the table, and has the public key, changes the one sealed row."""
    [(key, row)] = harness.sealed.rows.items()
    harness.sealed.merge({"PartitionKey": key[0], "RowKey": key[1]} | cells, row.etag)


def with_the_public_key(harness: ReferralHarness) -> dict[str, Any]:
    sealed = SEALER.seal(harness.referral(), b'{"answers": [], "not_answered": [], "consent": {}}')
    names = {"KeyId": sealed.key_id, "WrappedKey": sealed.wrapped_key, "Nonce": sealed.nonce}
    return names | {"Sealed": sealed.ciphertext, "Version": sealed.version}


FORGERIES: dict[str, Callable[[ReferralHarness], dict[str, Any]]] = {
    "other answers": with_the_public_key,
    "other answers without a MAC": lambda harness: with_the_public_key(harness) | {"Mac": b"", "MacKey": ""},
    "other answers of the first version": lambda harness: (
        with_the_public_key(harness) | {"Version": "1", "Mac": b"", "MacKey": ""}
    ),
    "another day": lambda harness: {"ReceivedOn": "2023-08-25"},
    "another consent": lambda harness: {"ConsentVersion": "2020-01-01"},
}


@pytest.mark.parametrize("delivery", ["inline", "link"])
@pytest.mark.parametrize("forgery", sorted(FORGERIES))
def test_what_someone_else_wrote_is_never_sent_and_the_operators_hear_of_it(
    forgery: str, delivery: str, caplog: pytest.LogCaptureFixture
) -> None:
    harness = ReferralHarness(delivery)
    reference = harness.accepted()
    forge(harness, **FORGERIES[forgery](harness))

    harness.recover()
    harness.reconcile(MORNING + timedelta(hours=2))

    code = "mac missing" if forgery.startswith("other answers ") else "mac"
    assert harness.state == ("attention", f"unseal-{code}")
    assert [message.to for message in harness.sender.messages] == [OPERATORS]
    assert "find out who could write to the tables" in harness.sender.messages[0].text.casefold()
    assert [each.levelno for each in caplog.records if reference in each.getMessage()] == [logging.ERROR]


def test_another_day_typed_into_the_status_is_never_sent() -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.type(ReceivedOn="2023-08-25")

    harness.recover()
    harness.reconcile(MORNING + timedelta(hours=2))

    assert harness.state == ("attention", "unseal-day")
    assert [message.to for message in harness.sender.messages] == [OPERATORS]
    assert "copy ReceivedOn from SealedReferrals" in harness.sender.messages[0].text


def test_a_sealed_row_that_someone_added_is_no_referral() -> None:
    """Recovery gives it a status, since it may be one whose acceptance died, and there it ends."""
    genuine, harness = ReferralHarness(), ReferralHarness()
    genuine.accepted()
    [row] = genuine.sealed.rows.values()
    harness.sealed.insert({**row.cells, "RowKey": "34679CDF"})

    harness.recover()

    assert harness.state == ("attention", "unseal-mac")
    assert harness.sender.messages == []


def test_after_a_rotation_everything_is_sent_and_without_the_old_key_nothing_is_lost() -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.mac = RowMac.of(NEW)
    harness.recover()
    assert harness.state == ("attention", "unseal-mac key")

    harness.mac = RowMac.of(NEW, previous=(b"m" * 32,))
    harness.type(State="received")
    harness.recover()
    assert harness.state == ("sent", "")


def test_the_same_form_sent_again_gets_its_reference_whatever_became_of_the_row() -> None:
    harness = ReferralHarness()
    request = referral_request(submission_id="submission-0123456789")
    first = harness.service().accept(request, MORNING)
    forge(harness, **with_the_public_key(harness))

    assert harness.service().accept(request, MORNING) == first
