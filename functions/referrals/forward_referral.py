"""Queue triggers that forward referrals: one referral, or one batch of them, for each message."""

import logging

import azure.functions as func

from functions.queues import (
    REFERRALS,
    REFERRALS_STORAGE,
    UNRECOGNISED_MESSAGE,
    is_turn,
    poison,
    read_batch,
    read_referral,
)
from shared.bootstrap import services

logger = logging.getLogger(__name__)

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
def forward_referral(message: func.QueueMessage) -> None:
    body = message.get_body()
    reference, batch = read_referral(body), read_batch(body)
    if batch is not None:
        services().referrals.batch_sender.deliver(batch, services().now())
    elif reference is None:
        logger.warning(UNRECOGNISED_MESSAGE, REFERRALS)
    else:
        _forward(reference, in_turn=is_turn(body))


def _forward(reference: str, *, in_turn: bool) -> None:
    built = services()
    forwarder = built.referrals.forwarder
    (forwarder.forward if in_turn else forwarder.nudge)(reference, built.now())


@bp.queue_trigger(arg_name="message", queue_name=poison(REFERRALS), connection=REFERRALS_STORAGE)
def referral_failed(message: func.QueueMessage) -> None:
    reference = read_referral(message.get_body())
    if read_batch(message.get_body()) is not None:
        logger.error("a batch of referrals could not be processed and will be retried later")
        return  # its members are due again when their claims end
    if reference is None:
        logger.warning(UNRECOGNISED_MESSAGE, poison(REFERRALS))
        return
    built = services()
    built.referrals.forwarder.record_failure(reference, built.now())
