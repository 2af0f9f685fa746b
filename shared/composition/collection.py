"""Builds the services with which the provider gets referrals; only the worker imports it."""

from shared.composition import azure_clients
from shared.config.settings import Settings
from shared.referrals.collection.acknowledgement import AcknowledgementRecorder
from shared.referrals.collection.collector import Collector
from shared.referrals.collection.sealed_collection import CODES, SealedCollection
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.repository import ReferralRepository
from shared.referrals.row_mac import RowMac
from shared.referrals.sealing import content_key, decrypt


def build_collector(  # noqa: PLR0913  # all by keyword
    settings: Settings,
    *,
    rows: ReferralRepository,
    tries: WrongTries,
    mac: RowMac,
    links: ReferralLinks,
    acknowledgements: AcknowledgementRecorder,
) -> Collector:
    """Returns the service, with the private key or the vault of the settings."""
    unwrapper = azure_clients.unwrapper(settings)
    return Collector(
        links=links,
        store=rows,
        tries=tries,
        passphrases=settings.passphrases,
        authenticate=mac.check,
        content_key=lambda sealed: content_key(sealed, unwrapper),
        unseal=decrypt,
        acknowledge_reference=acknowledgements.acknowledge_opened,
        set_aside_reference=acknowledgements.set_aside,
    )


def build_sealed_collection(
    *,
    rows: ReferralRepository,
    tries: WrongTries,
    mac: RowMac,
    links: ReferralLinks,
    acknowledgements: AcknowledgementRecorder,
) -> SealedCollection:
    """Returns the service for what only the provider's keys open: it has no key."""
    return SealedCollection(
        links=links,
        store=rows,
        tries=tries.of(CODES),
        authenticate=mac.check,
        acknowledge_reference=acknowledgements.acknowledge_opened,
        set_aside_reference=acknowledgements.set_aside,
    )
