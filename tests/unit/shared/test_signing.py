"""Signatures: made with one key, accepted with two, of letters at which no email client cuts a link."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.errors import LinkUnknownError
from shared.signing import Signer, TimedProof
from tests.builders import MORNING, attendee

OLD, NEW, FOREIGN = b"o" * 32, b"n" * 32, b"f" * 32
FORM = TimedProof("form", separator=".", unit=timedelta(milliseconds=1))
OPENED = TimedProof("opened", separator="-", unit=timedelta(seconds=1))
PARTS = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])), min_size=1, max_size=4)


def test_while_a_key_is_rotated_links_of_both_are_taken_and_new_ones_are_made_with_the_new() -> None:
    before, meanwhile, after = Signer((OLD,)), Signer((NEW, OLD)), Signer((NEW,))
    old, new = before.token("manage", "s1", "a", "1"), meanwhile.token("manage", "s1", "a", "1")

    assert meanwhile.parse_token("manage", old) == meanwhile.parse_token("manage", new) == ("s1", "a", "1")
    assert new == after.token("manage", "s1", "a", "1") != old
    assert after.parse_token("manage", old) is None


def test_a_proof_is_taken_by_the_same_keys() -> None:
    proof = Signer((OLD,)).proof("booked", "s1")

    assert Signer((NEW, OLD)).is_proof(proof, "booked", "s1")
    assert not Signer((NEW,)).is_proof(proof, "booked", "s1")
    assert not Signer((OLD,)).is_proof(proof, "manage", "s1")


@given(parts=PARTS)
def test_a_token_opens_for_its_purpose_and_key_only_and_no_programme_cuts_it(parts: list[str]) -> None:
    token = Signer((OLD,)).token("manage", *parts)

    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert Signer((OLD,)).parse_token("manage", token) == tuple(parts)
    assert Signer((OLD,)).parse_token("acknowledge", token) is None
    assert Signer((FOREIGN,)).parse_token("manage", token) is None


def test_a_link_of_a_booking_needs_three_parts_and_a_whole_generation() -> None:
    links = ManageLinks(Signer((OLD,)), "https://support.example")
    assert links.decode(links.token("s1", attendee())) == ("s1", "booking-a", 1)

    for parts in (("s1", "a"), ("s1", "a", "1", "x"), ("s1", "a", "one"), ("s1", "a", "")):
        with pytest.raises(LinkUnknownError):
            links.decode(links.signer.token("manage", *parts))


def test_timed_proofs_of_earlier_releases_are_still_accepted() -> None:
    signer = Signer((b"k" * 32,))
    form, opened = "1693555200000.reB7ZIm61nolc0QQLKrmQQ", "1693555200-Ji4P2kVPXEnyap7ytis7DA"

    assert FORM.issue(signer, MORNING, "booking", "submission-0123456789") == form
    assert OPENED.issue(signer, MORNING, "34679CDF") == opened
    assert FORM.issued_at(signer, form, "booking", "submission-0123456789") == MORNING
    assert OPENED.issued_at(signer, opened, "34679CDF") == MORNING


@pytest.mark.parametrize("late", [timedelta(0), timedelta(milliseconds=1999), timedelta(days=9000)])
def test_a_timed_proof_carries_its_time_of_issue_in_whole_units(late: timedelta) -> None:
    proof = OPENED.issue(Signer((OLD,)), MORNING + late, "34679CDF")

    issued = OPENED.issued_at(Signer((NEW, OLD)), proof, "34679CDF")
    assert issued == MORNING + timedelta(seconds=late // timedelta(seconds=1))


@pytest.mark.parametrize("proof", ["", "-", "1693555200", "1693555200-", "x", "9" * 400, "1693555200-" + "A" * 22])
def test_what_no_timed_proof_looks_like_is_none(proof: str) -> None:
    assert OPENED.issued_at(Signer((OLD,)), proof, "34679CDF") is None


def test_a_timed_proof_holds_for_its_own_kind_parts_and_key() -> None:
    signer = Signer((OLD,))
    proof = OPENED.issue(signer, MORNING, "34679CDF")
    dotted, other = TimedProof("opened", ".", OPENED.unit), TimedProof("form", "-", OPENED.unit)

    assert OPENED.issued_at(signer, proof, "34679CDG") is None
    assert OPENED.issued_at(Signer((FOREIGN,)), proof, "34679CDF") is None
    assert [each.issued_at(signer, proof, "34679CDF") for each in (dotted, other)] == [None, None]
    assert dotted.issued_at(signer, proof.replace("-", ".", 1), "34679CDF") == MORNING
