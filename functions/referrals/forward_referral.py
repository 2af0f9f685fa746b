"""Queue triggers that forward referrals: one for each message."""

import logging

import azure.functions as func

from functions.queues import REFERRALS, REFERRALS_STORAGE, UNRECOGNISED_MESSAGE, poison, read_referral
from shared.bootstrap import services

logger = logging.getLogger(__name__)

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
def forward_referral(message: func.QueueMessage) -> None:
    reference = read_referral(message.get_body())
    if reference is None:
        logger.warning(UNRECOGNISED_MESSAGE, REFERRALS)
        return
    built = services()
    built.referrals.forwarder.forward(reference, built.now())


@bp.queue_trigger(arg_name="message", queue_name=poison(REFERRALS), connection=REFERRALS_STORAGE)
def referral_failed(message: func.QueueMessage) -> None:
    reference = read_referral(message.get_body())
    if reference is None:
        logger.warning(UNRECOGNISED_MESSAGE, poison(REFERRALS))
        return
    built = services()
    built.referrals.forwarder.record_failure(reference, built.now())
