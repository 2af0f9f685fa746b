"""The referral to which a link leads, and the note that its answers are damaged, for whichever way it is opened."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from shared.referrals import interrupted_erasure, transitions
from shared.referrals.delivery.links import ReferralLinks
from shared.referrals.errors import LinkExpiredError, ReferralLinkError, UnsealError
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository

logger = logging.getLogger(__name__)


def linked_referral(links: ReferralLinks, store: ReferralRepository, token: str, now: datetime) -> Referral:
    """The link's referral, without opening it.

    Raises:
        ReferralLinkError: the link is not valid, or the referral is deleted.
        LinkExpiredError: it is too old at `now` (UTC).
        StorageError: storage refuses, or gives no clear answer.
    """
    link = links.collect_link(token)
    if link.is_expired(now):
        raise LinkExpiredError(link.reference)
    referral = store.status(link.reference)
    if referral is None:
        raise ReferralLinkError
    return interrupted_erasure.completed(store, referral, now)


@contextmanager
def recording_damage(store: ReferralRepository, referral: Referral, now: datetime) -> Generator[None]:
    """Has a person look at the referral if its answers turn out to be damaged within the block."""
    try:
        yield
    except UnsealError as error:
        logger.error("referral %s needs attention: unseal-%s", referral.reference, error)  # noqa: TRY400
        store.mark(referral.reference, referral.etag, **transitions.damaged(referral, str(error), now))
        raise
