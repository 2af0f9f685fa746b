"""Which referrals count as tests of the running service: a signed marker and the fixed answers, and nothing less."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.content.content import Content, load_content
from shared.local_time import WorkingDays
from shared.numbers.periods import Quarter
from shared.referrals.delivery.smoke_test import SmokeTest, is_signed, random_marker, signed_marker
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.follow_up.manual_edits import complete_manual_edit
from shared.referrals.follow_up.operator_digest import openings
from shared.referrals.intake.fixed_answers import fixed_record
from shared.referrals.model import INLINE, LINK, ReferralState
from shared.referrals.referral_rows import read_referral, status_cells
from shared.referrals.retention.acknowledged_rules import may_erase_acknowledged
from shared.referrals.retention.passed_on import passed_on
from shared.signing import Signer
from shared.tables.table import Row
from tests.builders import MORNING, ROOT, referral

KEY, OTHER = Signer((b"k" * 32,)), Signer((b"o" * 32,))
FIXED = b'{"answers": "fixed"}'


def smoke_test(unseal: Callable[..., bytes] = lambda *_: FIXED + b"  ", **parts: Any) -> SmokeTest:
    given: dict[str, Any] = {
        "signer": KEY,
        "sealed": lambda _: (referral(), None),
        "authenticate": lambda *_: None,
        "unseal": unseal,
        "fixed": lambda _: FIXED,
        "notices": None,
        "renderer": None,
        "operators": "operators@example.nhs.uk",
    }
    return SmokeTest(**given | parts)


def raising(error: Exception) -> Callable[..., bytes]:
    def fail(*_: object) -> bytes:
        raise error

    return fail


def reported(*, told: bool = True, **changes: Any) -> Mapping[str, Any]:
    """The cells that a test has after the attempt to tell the operators."""

    class Sender:
        def deliver(self, *_: object) -> bool:
            return told

        def render(self, *_: object, **__: object) -> object:
            return object()

    tested = referral(marker=signed_marker(KEY), **changes)
    return smoke_test(notices=Sender(), renderer=Sender()).report(tested, MORNING)


def test_a_signed_marker_with_the_fixed_answers_is_a_test() -> None:
    assert smoke_test().recognises(referral(marker=signed_marker(KEY)), MORNING)


@pytest.mark.parametrize("marker", ["", random_marker(), signed_marker(OTHER), signed_marker(KEY)[:-1], "ö" * 44])
def test_without_a_signed_marker_no_answers_are_opened(marker: str) -> None:
    never = smoke_test(raising(AssertionError("opened")), sealed=raising(AssertionError("read")))

    assert not never.recognises(referral(marker=marker), MORNING)


@pytest.mark.parametrize(
    "parts",
    [
        {"unseal": lambda *_: FIXED[:-1]},
        {"unseal": lambda *_: b" " + FIXED},
        {"unseal": raising(UnsealError("content"))},
        {"unseal": raising(KeyUnavailableError("HTTP 503"))},
        {"authenticate": raising(UnsealError("mac"))},
        {"sealed": lambda _: None},
    ],
)
def test_in_any_doubt_it_is_forwarded_as_every_other(parts: dict[str, Any]) -> None:
    assert not smoke_test(**parts).recognises(referral(marker=signed_marker(KEY)), MORNING)


def test_a_marker_of_a_test_looks_like_any_other() -> None:
    signed, plain = [signed_marker(KEY) for _ in range(300)], [random_marker() for _ in range(300)]

    assert {len(each) for each in (*signed, *plain)} == {44}
    assert len({*signed, *plain}) == 600
    for place in (21, 43):
        assert {each[place] for each in signed} == {each[place] for each in plain} == set("AQgw")
    assert all(is_signed(KEY, each) for each in signed)


@pytest.mark.parametrize(
    ("told", "state", "code"),
    [(True, ReferralState.ACKNOWLEDGED, ""), (False, None, "operators-not-told")],
)
def test_it_ends_when_the_operators_were_told_and_is_tried_again_until_then(
    told: bool, state: ReferralState | None, code: str
) -> None:
    cells = reported(told=told)

    assert (cells.get("State"), cells["LastError"]) == (state, code)


@pytest.mark.parametrize("delivery", [INLINE, LINK])
def test_one_that_has_ended_troubles_nobody_counts_nowhere_and_is_erased(delivery: str) -> None:
    before = status_cells(referral(delivery=delivery))
    ended = read_referral(Row({**before, **reported(delivery=delivery)}, "etag"))
    today, later = MORNING.date(), MORNING.date() + timedelta(days=7)

    assert complete_manual_edit(ended, MORNING) == {}
    assert passed_on([ended], Quarter.of(today)) == 0
    assert openings([ended], MORNING) is None
    assert may_erase_acknowledged(ended, 3, WorkingDays(), later)


@pytest.mark.parametrize("now", [MORNING, datetime(2030, 12, 31, 23, 59, tzinfo=UTC)])
def test_the_fixed_answers_are_valid_and_the_same_on_every_day(now: datetime, content: Content) -> None:
    other_content = load_content(ROOT / "tests" / "content" / "other-trust.toml")
    for form in (content.one_to_one, other_content.one_to_one):
        record = fixed_record(form, now)

        assert record == fixed_record(form, MORNING)
        assert len(record) <= form.record_size
        assert b"This is a test of the website" in record
