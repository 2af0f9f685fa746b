"""Queue triggers that send booking emails: one email for each message."""

import logging

import azure.functions as func

from functions.queues import BOOKINGS_STORAGE, EMAILS, UNRECOGNISED_MESSAGE, poison, read_mail
from shared.bootstrap import services

logger = logging.getLogger(__name__)

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
def send_mail(message: func.QueueMessage) -> None:
    due = read_mail(message.get_body())
    if due is None:
        logger.warning(UNRECOGNISED_MESSAGE, EMAILS)
        return
    built = services()
    built.bookings.mailer.deliver(due.session_id, due.mail_id, built.now())


@bp.queue_trigger(arg_name="message", queue_name=poison(EMAILS), connection=BOOKINGS_STORAGE)
def mail_failed(message: func.QueueMessage) -> None:
    due = read_mail(message.get_body())
    if due is None:
        logger.warning(UNRECOGNISED_MESSAGE, poison(EMAILS))
        return
    built = services()
    built.bookings.mailer.defer(due.session_id, due.mail_id, built.now())
    logger.error("email could not be processed and will be retried later, session %s", due.session_id)
