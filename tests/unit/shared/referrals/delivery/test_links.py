"""Links that the provider gets: only those that were given out open anything, and each only what it is for."""

import random
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from shared import base64url
from shared.installation.facts import LONDON
from shared.referrals.delivery.links import ProviderLink, ReferralLinks
from shared.referrals.errors import ReferralLinkError
from shared.signing import Signer
from tests.builders import MORNING

KEY, OLD_KEY, FORMER_KEY = b"n" * 32, b"o" * 32, b"f" * 32
REFERENCE = "34679CDF"
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~+/ \nä"


def links(*keys: bytes, former: bytes = FORMER_KEY) -> ReferralLinks:
    return ReferralLinks(Signer(keys or (KEY,)), "https://collect.example", Signer((former,)))


def token_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def test_a_link_leads_to_the_app_that_answers_it_and_opens_its_own_referral() -> None:
    acknowledge, collect = links().to_acknowledge(REFERENCE, MORNING), links().to_collect(REFERENCE, MORNING)

    assert acknowledge.startswith("https://collect.example/acknowledge/")
    assert collect.startswith("https://collect.example/collect/")
    assert links().acknowledge_link(token_of(acknowledge)).reference == REFERENCE
    assert links().collect_link(token_of(collect)).reference == REFERENCE


def test_a_link_survives_mail_programmes_and_shows_no_reference() -> None:
    for url in (links().to_acknowledge(REFERENCE, MORNING), links().to_collect(REFERENCE, MORNING)):
        assert re.fullmatch(r"https://[a-z.]+/[a-z]+/[A-Za-z0-9_-]{47}", url)
        assert REFERENCE not in url


def test_an_address_that_is_read_in_a_log_names_neither_the_referral_nor_a_day() -> None:
    other, later = "7K2M4PQR", MORNING + timedelta(days=1)
    for make in (links().to_acknowledge, links().to_collect):
        known = [(REFERENCE, MORNING), (other, MORNING), (REFERENCE, later)]
        tokens = [token_of(make(reference, moment)) for reference, moment in known]
        assert tokens[0] == token_of(make(REFERENCE, MORNING)), "made again it is the same"
        assert len(set(tokens)) == 3
        for token in tokens:
            raw = base64url.decode(token)
            assert not any(each.encode() in raw for each in (REFERENCE, other, "2023-09", "16935"))
        assert all(len({base64url.decode(token)[at : at + 8] for token in tokens}) == 3 for at in range(0, 24, 8))


def test_a_link_that_was_signed_before_links_were_sealed_opens_as_one_of_today() -> None:
    collect = Signer((KEY,)).token("collect-referral", REFERENCE, "2023-09-01")
    acknowledge = Signer((KEY,)).token("acknowledge-referral", REFERENCE, str(int(MORNING.timestamp())))

    assert links().collect_link(collect) == links().collect_link(token_of(links().to_collect(REFERENCE, MORNING)))
    assert links().acknowledge_link(acknowledge) == ProviderLink(REFERENCE, "2023-09-01", MORNING)
    assert links(b"x" * 32, KEY).collect_link(collect).reference == REFERENCE
    for page in (links().collect_link, links().acknowledge_link):
        with pytest.raises(ReferralLinkError):
            page(Signer((b"x" * 32,)).token("collect-referral", REFERENCE, "2023-09-01"))


def test_a_link_says_when_its_email_was_sent_and_one_to_acknowledge_to_the_second() -> None:
    made = links()
    acknowledge, collect = made.to_acknowledge(REFERENCE, MORNING), made.to_collect(REFERENCE, MORNING)

    assert made.acknowledge_link(token_of(acknowledge)) == ProviderLink(REFERENCE, "2023-09-01", MORNING)
    assert made.collect_link(token_of(collect)) == ProviderLink(REFERENCE, "2023-09-01")


@pytest.mark.parametrize(
    "parts", [(), (REFERENCE, ""), (REFERENCE, "soon"), (REFERENCE, "-1"), (REFERENCE, "1", "2"), (REFERENCE,)]
)
def test_what_was_signed_for_something_else_is_no_link(parts: tuple[str, ...]) -> None:
    with pytest.raises(ReferralLinkError):
        links().acknowledge_link(Signer((KEY,)).token("acknowledge-referral", *parts))
    if len(parts) != 2 or not parts[1]:
        with pytest.raises(ReferralLinkError):
            links().collect_link(Signer((KEY,)).token("collect-referral", *parts))


def test_a_link_to_one_page_does_not_open_the_other() -> None:
    with pytest.raises(ReferralLinkError):
        links().collect_link(token_of(links().to_acknowledge(REFERENCE, MORNING)))
    with pytest.raises(ReferralLinkError):
        links().acknowledge_link(token_of(links().to_collect(REFERENCE, MORNING)))


def test_a_link_of_a_booking_opens_no_referral() -> None:
    token = Signer((KEY,)).token("manage", REFERENCE)

    with pytest.raises(ReferralLinkError):
        links().collect_link(token)


def test_a_link_that_the_previous_key_signed_still_opens_and_one_of_a_forgotten_key_does_not() -> None:
    old = token_of(links(OLD_KEY).to_collect(REFERENCE, MORNING))

    assert links(KEY, OLD_KEY).collect_link(old).reference == REFERENCE
    with pytest.raises(ReferralLinkError):
        links(KEY).collect_link(old)


LAST_DAY = datetime(2023, 10, 31, 23, 59, 59, tzinfo=LONDON)  # the clocks went back on the 29th
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "sent", [datetime(2023, 9, 1, 0, 0, 0, tzinfo=LONDON), MORNING, datetime(2023, 9, 1, 23, 59, 59, tzinfo=LONDON)]
)
@pytest.mark.parametrize("page", ["acknowledge", "collect"])
def test_a_link_opens_until_the_end_of_the_sixtieth_day_in_london(sent: datetime, page: str) -> None:
    link = read(page, links(), sent)

    assert [link.is_expired(at) for at in (sent, LAST_DAY, LAST_DAY + SECOND)] == [False, False, True]


@pytest.mark.parametrize("page", ["acknowledge", "collect"])
def test_a_clock_that_was_wrong_when_the_email_was_sent_makes_no_link_for_years(page: str) -> None:
    link = read(page, links(), MORNING + timedelta(days=3650))

    assert link.is_expired(MORNING)
    assert not read(page, links(), MORNING).is_expired(MORNING - timedelta(days=1)), "one that was set back a little"


@pytest.mark.parametrize("page", ["acknowledge", "collect"])
@pytest.mark.parametrize("parts", [(REFERENCE,), (REFERENCE, "1693555200"), (REFERENCE, "2023-09-01")])
def test_a_link_that_the_web_apps_key_signed_opens_nothing_but_the_page_for_a_new_one(
    page: str, parts: tuple[str, ...]
) -> None:
    token = Signer((FORMER_KEY,)).token(f"{page}-referral", *parts)
    made = links()
    link = (made.acknowledge_link if page == "acknowledge" else made.collect_link)(token)

    assert (link.reference, link.is_expired(MORNING), link.sent_at) == (REFERENCE, True, None)


def read(page: str, made: ReferralLinks, sent: datetime) -> ProviderLink:
    if page == "acknowledge":
        return made.acknowledge_link(token_of(made.to_acknowledge(REFERENCE, sent)))
    return made.collect_link(token_of(made.to_collect(REFERENCE, sent)))


def test_of_ten_thousand_changed_links_none_opens_anything() -> None:
    chance = random.Random(4)
    given_out = {page: token_of(url) for page, url in pages().items()}
    accepted = [token for _ in range(5_000) for page, token in changed(given_out, chance) if opens(page, token)]

    assert accepted == []
    assert all(opens(page, token) for page, token in given_out.items()), "those that were given out do"


def pages() -> dict[str, str]:
    return {
        "acknowledge": links().to_acknowledge(REFERENCE, MORNING),
        "collect": links().to_collect(REFERENCE, MORNING),
    }


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
        (made.acknowledge_link if page == "acknowledge" else made.collect_link)(token)
    except ReferralLinkError:
        return False
    return True
