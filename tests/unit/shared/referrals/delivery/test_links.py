"""Links that the provider gets: only those that were given out open anything, and each only what it is for."""

import random
import re
from urllib.parse import urlsplit

import pytest

from shared.referrals.delivery.links import AcknowledgeLink, ReferralLinks
from shared.referrals.errors import ReferralLinkError
from shared.signing import Signer
from tests.builders import MORNING

KEY, OLD_KEY = b"n" * 32, b"o" * 32
REFERENCE = "34679CDF"
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~+/ \nä"


def links(*keys: bytes) -> ReferralLinks:
    return ReferralLinks(Signer(keys or (KEY,)), "https://support.example", "https://collect.example")


def token_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def test_a_link_leads_to_the_app_that_answers_it_and_opens_its_own_referral() -> None:
    acknowledge, collect = links().to_acknowledge(REFERENCE), links().to_collect(REFERENCE)

    assert acknowledge.startswith("https://support.example/acknowledge/")
    assert collect.startswith("https://collect.example/collect/")
    assert links().reference_to_acknowledge(token_of(acknowledge)) == REFERENCE
    assert links().reference_to_collect(token_of(collect)) == REFERENCE


def test_a_link_survives_mail_programmes_and_shows_no_reference() -> None:
    for url in (links().to_acknowledge(REFERENCE), links().to_collect(REFERENCE)):
        assert re.fullmatch(r"https://[a-z.]+/[a-z]+/[A-Za-z0-9_-]{32}", url)
        assert REFERENCE not in url


def test_a_link_to_acknowledge_says_when_its_email_was_sent_and_one_of_before_says_nothing() -> None:
    made = links()
    url = made.to_acknowledge(REFERENCE, MORNING)

    assert made.acknowledge_link(token_of(url)) == AcknowledgeLink(REFERENCE, MORNING)
    assert made.reference_to_acknowledge(token_of(url)) == REFERENCE
    assert made.acknowledge_link(token_of(made.to_acknowledge(REFERENCE))) == AcknowledgeLink(REFERENCE)
    assert re.fullmatch(r"https://[a-z.]+/[a-z]+/[A-Za-z0-9_-]{47}", url)


@pytest.mark.parametrize("parts", [(), (REFERENCE, ""), (REFERENCE, "soon"), (REFERENCE, "-1"), (REFERENCE, "1", "2")])
def test_what_was_signed_for_something_else_is_no_link(parts: tuple[str, ...]) -> None:
    with pytest.raises(ReferralLinkError):
        links().acknowledge_link(Signer((KEY,)).token("acknowledge-referral", *parts))


def test_a_link_to_one_page_does_not_open_the_other() -> None:
    with pytest.raises(ReferralLinkError):
        links().reference_to_collect(token_of(links().to_acknowledge(REFERENCE)))
    with pytest.raises(ReferralLinkError):
        links().reference_to_acknowledge(token_of(links().to_collect(REFERENCE)))


def test_a_link_of_a_booking_opens_no_referral() -> None:
    token = Signer((KEY,)).token("manage", REFERENCE)

    with pytest.raises(ReferralLinkError):
        links().reference_to_collect(token)


def test_a_link_that_the_previous_key_signed_still_opens_and_one_of_a_forgotten_key_does_not() -> None:
    old = token_of(links(OLD_KEY).to_collect(REFERENCE))

    assert links(KEY, OLD_KEY).reference_to_collect(old) == REFERENCE
    with pytest.raises(ReferralLinkError):
        links(KEY).reference_to_collect(old)


def test_of_ten_thousand_changed_links_none_opens_anything() -> None:
    chance = random.Random(4)
    given_out = {page: token_of(url) for page, url in pages().items()}
    accepted = [token for _ in range(5_000) for page, token in changed(given_out, chance) if opens(page, token)]

    assert accepted == []
    assert all(opens(page, token) for page, token in given_out.items()), "those that were given out do"


def pages() -> dict[str, str]:
    return {"acknowledge": links().to_acknowledge(REFERENCE), "collect": links().to_collect(REFERENCE)}


def changed(given_out: dict[str, str], chance: random.Random) -> list[tuple[str, str]]:
    return [(page, mutated(token, chance)) for page, token in given_out.items()]


def mutated(token: str, chance: random.Random) -> str:
    place = chance.randrange(len(token))
    other = chance.choice([each for each in CHARACTERS if each != token[place]])
    return chance.choice(
        [
            token[:place] + other + token[place + 1 :],
            token[:place] + other + token[place:],
            token[:place] + token[place + 1 :],
            token[:place],
            token + other,
            token[place:] + token[:place] if token[place:] + token[:place] != token else "",
        ]
    )


def opens(page: str, token: str) -> bool:
    made = links()
    try:
        (made.reference_to_acknowledge if page == "acknowledge" else made.reference_to_collect)(token)
    except ReferralLinkError:
        return False
    return True
