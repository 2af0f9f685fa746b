"""The provider's pages: confirming that a referral has arrived, and opening one with the passphrase."""

from collections.abc import Iterator
from datetime import timedelta

from local.stack.environment import PASSPHRASE
from local.tour.visitor import Visitor
from local.tour.walk import Walk
from shared import base64url
from shared.referrals.delivery.links import ReferralLinks
from shared.signing import Signer

OPEN, SAVED = "Open the referral", "We have saved this referral"
NEW_LINK = "Email a new link to Nafsiyat"
KEEP = "Keep it: we do not have it"
NOT_GENUINE = "This is not genuine"
HAVE_IT = "I can read the answers and have saved them"
_WRONG = 9  # so many that the page of the next one has to be open for 8 seconds


def open_link(visitor: Visitor, kind: str) -> None:
    visitor.referral()
    visitor.open(visitor.link(visitor.stack.settings["REFERRAL_RECIPIENT"], kind))


def _acknowledging(visitor: Visitor) -> Iterator[str]:
    open_link(visitor, "acknowledge")
    yield "provider, has it arrived, just sent"
    visitor.choose(HAVE_IT)
    visitor.press("Confirm")
    yield "provider, confirmed too soon"
    visitor.advance_clock(timedelta(minutes=3))
    address = visitor.page.url
    visitor.open(address)
    yield "provider, has it arrived"
    visitor.press("Confirm")
    yield "provider, has it arrived, errors"
    visitor.choose(HAVE_IT)
    visitor.press("Confirm")
    yield "provider, it has arrived"
    visitor.open(address)
    yield "provider, it had arrived"
    visitor.press(KEEP)
    yield "provider, kept"
    visitor.stack.settle()
    visitor.advance_clock(timedelta(minutes=3))
    visitor.open(visitor.page.url)
    visitor.choose(HAVE_IT)
    visitor.press("Confirm")
    yield "provider, confirmed the second time"
    visitor.press(KEEP)
    yield "provider, kept for a person"
    visitor.open("/acknowledge/unknown")
    yield "provider, link unknown"


def _collecting(visitor: Visitor) -> Iterator[str]:
    visitor.referral()
    open_link(visitor, "collect")
    yield "provider, passphrase"
    visitor.press(OPEN)
    yield "provider, passphrase, errors"
    visitor.page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    visitor.press(OPEN)
    yield "provider, the referral"
    visitor.press(SAVED)
    yield "provider, confirmed, and what else waits"
    visitor.follow("See referral")
    yield "provider, saved and confirmed"
    visitor.press(KEEP)
    yield "provider, kept and sent again"


def _listed(visitor: Visitor) -> Iterator[str]:
    for _ in range(2):
        visitor.referral()
    open_link(visitor, "collect")
    visitor.page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    visitor.press(OPEN)
    visitor.press("Show only this list")
    yield "provider, what waits"
    visitor.take_time()
    visitor.page.get_by_role("button", name="Open referral").last.click()
    visitor.wait_for_page()
    visitor.press(NOT_GENUINE)
    yield "provider, set it aside?"
    visitor.press("Go back to the referral")
    yield "provider, the referral again"
    visitor.press(NOT_GENUINE)
    visitor.press("Set it aside as not genuine")
    yield "provider, set aside, and what else waits"
    visitor.follow("See referral")
    yield "provider, set aside"
    visitor.press("Keep it: it is genuine")
    yield "provider, set aside and kept"


def _mistaken(visitor: Visitor) -> Iterator[str]:
    open_link(visitor, "collect")
    for turn in range(_WRONG):
        visitor.page.get_by_label("Passphrase", exact=True).fill("not the passphrase")
        visitor.press(OPEN)
        if not turn:
            yield "provider, wrong passphrase"
    yield "provider, wrong passphrase for the ninth time"
    visitor.page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    visitor.page.get_by_role("button", name=OPEN, exact=True).click()
    visitor.wait_for_page()
    yield "provider, passphrase too soon"
    visitor.take_time()
    visitor.page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    visitor.press(OPEN)
    yield "provider, the referral after wrong passphrases"
    visitor.advance_clock(timedelta(hours=1))  # others of this service need not wait


def _expired(visitor: Visitor) -> Iterator[str]:
    open_link(visitor, "collect")
    visitor.open(_link_of_two_months_ago(visitor))
    yield "provider, link expired"
    visitor.press(NEW_LINK)
    yield "provider, new link emailed"


def _link_of_two_months_ago(visitor: Visitor) -> str:
    """A link to the referral whose page is open, as an email of then has it: the clock of the service stays."""
    settings = visitor.stack.settings
    links = ReferralLinks(Signer((base64url.decode(settings["PROVIDER_LINK_KEY"]),)), settings["COLLECT_URL"])
    reference = links.collect_link(visitor.page.url.rpartition("/")[2]).reference
    return links.to_collect(reference, visitor.now() - timedelta(days=61))


PROVIDER = (
    Walk("the provider's word", _acknowledging, (("REFERRAL_DELIVERY", "inline"),)),
    Walk("the provider's passphrase", _collecting, (("REFERRAL_DELIVERY", "link"),)),
    Walk("the provider's list", _listed, (("REFERRAL_DELIVERY", "link"),)),
    Walk("the provider's link, expired", _expired, (("REFERRAL_DELIVERY", "link"),)),
    Walk("the provider's passphrase, mistaken", _mistaken, (("REFERRAL_DELIVERY", "link"),)),
)
