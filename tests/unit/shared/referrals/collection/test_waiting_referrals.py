"""One passphrase opens everything that waits for half an hour, and opening is all that it does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.referrals.collection import provider_session
from shared.referrals.errors import (
    KeyUnavailableError,
    LinkExpiredError,
    NotWaitingError,
    ProofError,
    ReferralGoneError,
    ReferralLinkError,
    SessionLostError,
    UnsealError,
)
from shared.referrals.sealing import LocalKey, content_key
from shared.tables.table import StorageError
from tests.builders import MORNING
from tests.fakes import InjectedFault, with_fault
from tests.generated_keys import generated_keys
from tests.unit.shared.referrals.collection.provider_desk import ProviderDesk, is_open
from tests.unit.shared.referrals.referral_system import PRIVATE

pytestmark = pytest.mark.usefixtures("passphrases_compared_once")

HALF_AN_HOUR = timedelta(minutes=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def desk() -> ProviderDesk:
    desk = ProviderDesk()
    desk.come(3)
    return desk


def test_the_passphrase_that_was_entered_at_one_link_opens_the_others(desk: ProviderDesk) -> None:
    first, second, third = desk.references

    assert desk.listed() == sorted(desk.references)
    assert is_open(desk.enter(first), 0)
    for number, reference in enumerate((second, third), start=1):
        opened = desk.open(reference)
        assert is_open(opened, number)
        assert opened.referral.reference == reference
        assert desk.collector().links.collect_link(opened.token).reference == reference


def test_who_has_saved_one_that_a_colleague_set_aside_meanwhile_can_still_say_so(desk: ProviderDesk) -> None:
    first, second, _ = desk.references
    mine, theirs, collector = desk.enter(first), desk.enter(first), desk.collector()
    collector.set_aside(desk.token(first), theirs.proof, MORNING)

    for proof in ("", theirs.session, desk.enter(second).proof):
        with pytest.raises(ProofError):
            collector.acknowledge(desk.token(first), proof, MORNING)
    with pytest.raises(ReferralGoneError):
        collector.open_again(desk.token(first), mine.proof, MORNING)
    assert desk.of(first).is_set_aside
    collector.acknowledge(desk.token(first), mine.proof, MORNING)

    assert (desk.of(first).state, desk.of(first).last_error) == ("acknowledged", "")
    with pytest.raises(ReferralGoneError):
        collector.set_aside(desk.token(first), theirs.proof, MORNING)
    desk.pass_days(MORNING, 5)
    with pytest.raises(ReferralGoneError):
        collector.acknowledge(desk.token(first), mine.proof, MORNING)
    assert desk.of(first).progress == "confirmed"


def test_it_lasts_half_an_hour_from_the_passphrase_and_opening_others_does_not_prolong_it(desk: ProviderDesk) -> None:
    _, second, third = desk.references

    for minutes in (10, 20, 29):
        assert desk.open(second, MORNING + timedelta(minutes=minutes)).session == desk.session
    assert is_open(desk.open(third, MORNING + HALF_AN_HOUR - SECOND), 2)
    for act in (desk.listed, lambda now: desk.open(third, now)):
        with pytest.raises(ProofError):
            act(MORNING + HALF_AN_HOUR)


def test_a_link_of_one_that_was_opened_from_the_list_expires_with_the_link_that_was_used(desk: ProviderDesk) -> None:
    last_day = MORNING + timedelta(days=60)
    first, second, _ = desk.references
    session = desk.enter(first, last_day).session

    opened = desk.waiting().open(desk.token(first), session, second, last_day)

    link = desk.collector().links.collect_link(opened.token)
    assert (link.reference, link.sent_on) == (second, "2023-09-01")
    assert not link.is_expired(last_day)
    assert link.is_expired(last_day + timedelta(days=1))
    assert desk.collector().acknowledge(opened.token, opened.proof, last_day) == second


def test_it_is_good_at_any_link_that_opens_and_at_no_other(desk: ProviderDesk) -> None:
    _, second, third = desk.references
    waiting, links = desk.waiting(), desk.collector().links

    assert is_open(waiting.open(desk.token(second), desk.session, third, MORNING), 2)
    with pytest.raises(ReferralLinkError):
        waiting.listed("no-link", desk.session, MORNING)
    with pytest.raises(LinkExpiredError):
        waiting.listed(links.collect_token(second, MORNING - timedelta(days=61)), desk.session, MORNING)


def test_what_is_no_session_opens_and_lists_nothing(desk: ProviderDesk) -> None:
    first, second, _ = desk.references
    proof, (_, _, signature) = desk.enter(first).proof, desk.session.partition(".")
    made_up = ["", ".", "x", first, f"{first}.", f"{first}.{proof}", proof, f"{second}.{signature}", f".{signature}"]
    made_up += [f"99999999.{signature}", desk.session + "A", desk.session[:-1], f"\0/{desk.session}"]

    for each in made_up:
        for act in (
            lambda session=each: desk.waiting().listed(desk.token(first), session, MORNING),
            lambda session=each: desk.waiting().open(desk.token(first), session, second, MORNING),
        ):
            with pytest.raises(ProofError):
                act()
    assert desk.of(second).opened_on == ""


def test_neither_what_signs_links_nor_anything_that_is_stored_makes_one(desk: ProviderDesk) -> None:
    first = desk.references[0]
    [stored] = [found[1] for found in [desk.repository().sealed(first)] if found]
    known = [desk.collector().links.signer.keys[0], first.encode(), stored.wrapped_key, stored.nonce, stored.mac]

    for key in known:
        with pytest.raises(ProofError):
            desk.waiting().listed(desk.token(first), provider_session.issue(key, first, MORNING), MORNING)
    good = provider_session.issue(content_key(stored, PRIVATE), first, MORNING)
    assert desk.waiting().listed(desk.token(first), good, MORNING)


def test_of_a_thousand_changed_sessions_none_is_good(desk: ProviderDesk) -> None:
    first = desk.references[0]
    [stored] = [found[1] for found in [desk.repository().sealed(first)] if found]
    key, session = content_key(stored, PRIVATE), desk.session
    changed = {
        session[:at] + sign + session[at + cut :] for at in range(len(session)) for sign in "aZ5-_." for cut in (0, 1)
    }

    def is_good(each: str) -> bool:
        try:
            provider_session.check(key, each, MORNING)
        except ProofError:
            return False
        return True

    assert len(changed - {session}) > 400
    assert [each for each in changed - {session} if is_good(each)] == []
    assert is_good(session)


@pytest.mark.parametrize("act", ["open_again", "acknowledge", "set_aside", "check_opened"])
def test_it_opens_and_does_nothing_else(act: str, desk: ProviderDesk) -> None:
    for reference in desk.references:
        with pytest.raises(ProofError):
            getattr(desk.collector(), act)(desk.token(reference), desk.session, MORNING)
    assert [desk.of(each).state for each in desk.references] == ["sent"] * 3


@pytest.mark.parametrize("act", ["open_again", "acknowledge", "set_aside", "check_opened"])
def test_the_proof_of_one_referral_acts_on_no_other(act: str, desk: ProviderDesk) -> None:
    opened = {desk.enter(each).referral.reference: desk.enter(each).proof for each in desk.references[:1]}
    opened |= {each: desk.open(each).proof for each in desk.references[1:]}

    for mine in desk.references:
        for other in set(desk.references) - {mine}:
            with pytest.raises(ProofError):
                getattr(desk.collector(), act)(desk.token(other), opened[mine], MORNING)
    assert {desk.of(each).state for each in desk.references} == {"sent"}
    assert desk.collector().acknowledge(desk.token(desk.references[1]), opened[desk.references[1]], MORNING)


def test_the_others_open_after_the_first_was_confirmed_for_as_long_as_its_answers_are_here(desk: ProviderDesk) -> None:
    first, second, third = desk.references
    assert desk.session
    desk.collector().acknowledge(desk.token(first), desk.enter(first).proof, MORNING)

    assert is_open(desk.open(second), 1)
    assert first not in desk.listed()
    desk.lose_answers(first)
    desk.set(first, State="erased", ErasedOn="2023-09-01")
    for act in (desk.listed, lambda: desk.open(third)):
        with pytest.raises(ProofError):
            act()
    assert is_open(desk.enter(third), 2), "the passphrase opens it, at its own link"


@pytest.fixture
def signed_in(desk: ProviderDesk) -> ProviderDesk:
    assert desk.session
    return desk


def _vault_down(desk: ProviderDesk) -> None:
    class Down:
        def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
            raise KeyUnavailableError("HTTP 503")

    desk.key = Down()


def _another_key(desk: ProviderDesk) -> None:
    desk.key = LocalKey(generated_keys("another")["REFERRAL_PRIVATE_KEY"])


def _status_gone(desk: ProviderDesk) -> None:
    del desk.status.rows["referrals", desk.references[0]]


def check_that_nothing_opens(desk: ProviderDesk, error: type[Exception]) -> None:
    """Neither the list nor another referral opens with the session: both end with this error."""
    second = desk.references[1]
    for act in (
        lambda: desk.waiting().listed(desk.token(second), desk.session, MORNING),
        lambda: desk.waiting().open(desk.token(second), desk.session, second, MORNING),
    ):
        with pytest.raises(error):
            act()
    assert desk.of(second).state == "sent"


@pytest.mark.parametrize(
    "trouble",
    [
        lambda desk: desk.forge(desk.references[0]),
        lambda desk: desk.lose_answers(desk.references[0]),
        lambda desk: desk.set(desk.references[0], ReceivedOn="2023-08-01"),
        _status_gone,
    ],
)
def test_when_it_can_never_be_checked_again_the_passphrase_is_needed_again(
    trouble: Callable[[ProviderDesk], None], signed_in: ProviderDesk
) -> None:
    trouble(signed_in)

    check_that_nothing_opens(signed_in, SessionLostError)


@pytest.mark.parametrize("trouble", [_vault_down, _another_key])
def test_when_it_cannot_be_checked_now_that_is_not_taken_for_too_long_a_time(
    trouble: Callable[[ProviderDesk], None], signed_in: ProviderDesk
) -> None:
    trouble(signed_in)

    check_that_nothing_opens(signed_in, KeyUnavailableError)


def why_not(desk: ProviderDesk, reference: str) -> str:
    """The reason for which the list does not open this one."""
    with pytest.raises(ReferralGoneError) as caught:
        desk.open(reference)
    assert isinstance(caught.value, NotWaitingError)
    return caught.value.reason


def test_a_forged_one_is_not_shown_and_comes_into_attention_while_the_others_open(signed_in: ProviderDesk) -> None:
    _, second, third = signed_in.references
    signed_in.forge(second)

    with pytest.raises(UnsealError):
        signed_in.open(second)

    assert (signed_in.of(second).state, signed_in.of(second).last_error) == ("attention", "unseal-mac")
    assert second not in signed_in.listed()
    assert why_not(signed_in, second) == "damaged"
    assert is_open(signed_in.open(third), 2)


@pytest.mark.parametrize("typed", ["", "nothing", "99999999", "x" * 5000, "\0/\\", "../" * 9])
def test_what_does_not_wait_is_not_opened(typed: str, signed_in: ProviderDesk) -> None:
    assert why_not(signed_in, typed) == "unknown"


def test_one_that_a_colleague_has_dealt_with_is_not_opened(signed_in: ProviderDesk) -> None:
    _, second, third = signed_in.references
    signed_in.collector().acknowledge(signed_in.token(second), signed_in.open(second).proof, MORNING)
    signed_in.collector().set_aside(signed_in.token(third), signed_in.open(third).proof, MORNING)

    assert [why_not(signed_in, each) for each in (second, third)] == ["confirmed", "set aside"]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"State": "erased", "LastError": "not-collected"}, "not collected"),
        ({"State": "erased", "AcknowledgedOn": "2023-09-01"}, "confirmed"),
        ({"State": "erased", "AcknowledgedOn": "2023-09-01", "LastError": "not-genuine"}, "set aside"),
        ({"State": "erased"}, "deleted"),
        ({"State": "attention", "LastError": "not-erased"}, "damaged"),
        ({"State": "attention", "LastError": "not-acknowledged", "Delivery": "inline"}, "inline"),
        ({"Delivery": "inline"}, "inline"),
        ({"Delivery": ""}, "no link"),
        ({"State": "attention", "LastError": "not-sent-HTTP 500", "Delivery": ""}, "no link"),
        ({"State": "received"}, "unsent"),
        ({"State": "sending", "Delivery": "inline"}, "unsent"),
    ],
)
def test_the_reason_for_which_one_does_not_wait_is_its_own(
    cells: dict[str, str], reason: str, signed_in: ProviderDesk
) -> None:
    second = signed_in.references[1]
    signed_in.set(second, **cells)

    assert why_not(signed_in, second) == reason


def test_one_whose_erasure_broke_off_or_whose_row_goes_meanwhile_is_not_called_confirmed(
    signed_in: ProviderDesk,
) -> None:
    _, second, third = signed_in.references
    signed_in.set(second, ErasedOn="2023-09-01")
    signed_in.lose_answers(second)

    assert why_not(signed_in, second) == "not collected"
    waiting = signed_in.waiting()
    found = waiting.collector.store.status
    answers = iter([found(third)])
    store = SimpleNamespace(status=lambda asked: found(asked) if asked != third else next(answers, None))
    store.sealed = waiting.collector.store.sealed
    gone = replace(waiting, collector=replace(waiting.collector, store=cast("Any", store)))
    with pytest.raises(NotWaitingError) as caught:
        gone.open(signed_in.token(second), signed_in.session, third, MORNING)
    assert caught.value.reason == "unknown"


def test_one_that_is_still_to_be_sent_is_neither_listed_nor_marked(signed_in: ProviderDesk) -> None:
    accepted = signed_in.accepted()
    claimed = signed_in.come(1)[0]
    signed_in.set(claimed, State="sending", ClaimedBy="another")
    before = dict(signed_in.status.rows)

    assert not {accepted, claimed} & set(signed_in.listed())
    assert [why_not(signed_in, each) for each in (accepted, claimed)] == ["unsent", "unsent"]
    assert signed_in.status.rows == before


def test_the_list_costs_the_same_requests_however_many_wait(signed_in: ProviderDesk) -> None:
    def requests() -> int:
        never = InjectedFault(1_000_000, "lost-request")
        waiting = signed_in.waiting(with_fault(never))
        waiting.listed(signed_in.token(signed_in.references[0]), signed_in.session, MORNING)
        return never.calls

    few = requests()
    signed_in.come(12)

    assert requests() == few
    assert len(signed_in.listed()) == 15


def test_while_storage_is_down_nothing_is_opened(signed_in: ProviderDesk) -> None:
    broken = with_fault(InjectedFault(0, "lost-request"))

    with pytest.raises(StorageError):
        signed_in.waiting(broken).listed(signed_in.token(signed_in.references[0]), signed_in.session, MORNING)


def test_the_log_names_none_of_those_that_are_opened(signed_in: ProviderDesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    opened = [signed_in.open(each) for each in signed_in.references[1:]]

    assert caplog.text.count("a referral was opened by the provider") == 2
    for each in opened:
        assert each.session not in caplog.text + repr(opened)
        assert each.referral.reference not in caplog.text
