"""Signed links: made with one key, accepted with two, of letters that no mail programme cuts off."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.errors import LinkUnknownError
from shared.signing import Signer
from tests.builders import attendee

OLD, NEW, FOREIGN = b"o" * 32, b"n" * 32, b"f" * 32
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
