"""The provider's pages without sockets: real services over tables in memory, and requests as a browser sends them."""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import azure.functions as func

from shared.content.content import Content
from shared.local_time import local_day
from shared.mail.ledger import MailLedger
from shared.mail.pause import MailPause
from shared.mail.renderer import MailRenderer
from shared.mail.sending import IdempotentSender
from shared.passphrase import PassphraseHash
from shared.referrals.collection.acknowledgement import AcknowledgementRecorder
from shared.referrals.collection.collector import Collector
from shared.referrals.collection.sealed_collection import SealedCollection
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.delivery.new_link import NewLinkSender
from shared.referrals.delivery.notice_sender import NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.intake.service import ReferralService
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.row_mac import RowMac
from shared.referrals.sealed_answers import Sealed
from shared.referrals.sealing import LocalKey, Sealer, content_key, decrypt
from shared.referrals.withdrawal.word_back import WordsBack
from shared.signing import Signer
from tests.builders import KEY, MORNING, referral_request
from tests.fakes import STANDING_STILL, FakeClock, FakeMailSender, FakeTable
from tests.generated_keys import generated_keys
from tests.unit.functions import http_requests

SITE, RECIPIENT = "https://support.example", "referrals@provider.example"
PASSPHRASE, WRONG = "CVXP-H4Q6-3HYP-9YGQ-P4Y3", "CVXP-H4Q6-3HYP-9YGQ-P4Y4"
STORY = "canary-story <b>in</b> 2 lines\nأشعر بالتعب"
WEB_KEY = b"w" * 32
_KEYS = generated_keys()
_SEALER, PRIVATE = Sealer(json.loads(_KEYS["REFERRAL_PUBLIC_KEY"])), LocalKey(_KEYS["REFERRAL_PRIVATE_KEY"])
MAC = RowMac.of(b"m" * 32)
_HASH = PassphraseHash.of(PASSPHRASE)


def seal(referral: Referral, answers: bytes) -> Sealed:
    """Sealed and with a MAC, as the accepting side does it."""
    return MAC.sign(referral, _SEALER.seal(referral, answers))


@dataclass
class FakeReferralServices:
    links: ReferralLinks
    acknowledgements: AcknowledgementRecorder
    collector: Collector | None
    sealed_collection: SealedCollection
    new_links: NewLinkSender
    taking_back: SimpleNamespace
    grace_weekdays: int = 3
    most_a_day: int = 20
    are_sealed_for_provider: bool = False


@dataclass
class FakeServices:
    """One referral that has come in, and everything that its pages ask for."""

    content: Content
    now: FakeClock = field(default_factory=lambda: FakeClock(MORNING))
    site_url: str = SITE
    statuses: FakeTable = field(default_factory=FakeTable)
    sealed: FakeTable = field(default_factory=FakeTable)
    tries: FakeTable = field(default_factory=FakeTable)
    unwrapper: Any = PRIVATE
    sender: FakeMailSender = field(default_factory=FakeMailSender)

    def __post_init__(self) -> None:
        service = ReferralService(self.rows, seal, KEY, "2023-09-01", lambda _, words: words)
        self.reference = service.accept(referral_request(full_name="Canary Zoë", what_brings_you=STORY), MORNING)
        links, acknowledgements = (
            ReferralLinks(Signer((KEY,)), SITE, Signer((WEB_KEY,))),
            AcknowledgementRecorder(self.rows),
        )
        collector = Collector(
            links=links,
            store=self.rows,
            tries=WrongTries(self.tries),
            passphrases=(_HASH,),
            authenticate=MAC.check,
            content_key=lambda sealed: content_key(sealed, self.unwrapper),
            unseal=decrypt,
            acknowledge_reference=acknowledgements.acknowledge_opened,
            set_aside_reference=acknowledgements.set_aside,
        )
        taking_back = SimpleNamespace(words_back=WordsBack(self.rows, links.signer))
        desk = SealedCollection(
            links=links,
            store=self.rows,
            tries=WrongTries(self.tries),
            authenticate=MAC.check,
            acknowledge_reference=acknowledgements.acknowledge_opened,
            set_aside_reference=acknowledgements.set_aside,
        )
        new_links = self._new_links(links)
        self.referrals = FakeReferralServices(links, acknowledgements, collector, desk, new_links, taking_back)

    def _new_links(self, links: ReferralLinks) -> NewLinkSender:
        log, pause = FakeTable(), MailPause(FakeTable())
        clock = FakeClock(STANDING_STILL)
        sending = IdempotentSender(ledger=MailLedger(log, FakeTable()), pause=pause, sender=self.sender, clock=clock)
        writer = ProviderEmails(
            renderer=MailRenderer(self.content), links=links, recipient=RECIPIENT, delivery="", reply_weekdays=10
        )
        return NewLinkSender(notices=NoticeSender(log=log, sending=sending), writer=writer)

    def more(self, number: int, day: datetime = MORNING, **cells: str) -> list[str]:
        """So many others come in and are sent as links; returns their references."""
        service = ReferralService(self.rows, seal, KEY, "2023-09-01", lambda _, words: words)
        sent = {"State": "sent", "SentOn": local_day(day), "Delivery": "link"} | cells
        references = []
        for _ in range(number):
            references.append(service.accept(referral_request(what_brings_you="canary-other"), day))
            row = self.statuses.rows["referrals", references[-1]]
            self.statuses.merge({"PartitionKey": "referrals", "RowKey": references[-1], **sent}, row.etag)
        return references

    @cached_property
    def rows(self) -> ReferralRepository:
        return ReferralRepository(self.statuses, self.sealed, FakeTable())

    @property
    def stored(self) -> tuple[Any, Any, Any]:
        return dict(self.statuses.rows), dict(self.sealed.rows), dict(self.tries.rows)

    def set(self, **cells: str | int) -> None:
        """Writes the status as the worker or someone in the portal does."""
        row = self.statuses.rows["referrals", self.reference]
        self.statuses.merge({"PartitionKey": "referrals", "RowKey": self.reference, **cells}, row.etag)

    def state(self, reference: str = "") -> str:
        return self.statuses.rows["referrals", reference or self.reference].text("State")


def request(
    method: str, token: str, act: str = "", sent: Mapping[str, str] | None = None, done: str = ""
) -> func.HttpRequest:
    headers = {"accept": http_requests.BROWSER} | ({"content-type": http_requests.FORM} if sent else {})
    return func.HttpRequest(
        method,
        SITE,
        headers=headers,
        params={"done": done} if done else {},
        route_params={"token": token} | ({"act": act} if act else {}),
        body=urlencode(sent or {}).encode(),
    )


def text(answer: func.HttpResponse) -> str:
    """The text that a person reads, in one line."""
    body = answer.get_body().decode().partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())
