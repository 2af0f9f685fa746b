"""The timer trigger: every five minutes it finds the emails and referrals that are due and queues them."""

from collections.abc import Sequence

# The worker only understands `typing.List` in the annotation of an output of many messages.
from typing import List  # noqa: UP035  # see above

import azure.functions as func

from functions.queues import (
    BOOKINGS_STORAGE,
    EMAILS,
    REFERRALS,
    REFERRALS_STORAGE,
    batch_message,
    mail_message,
    turn_message,
)
from shared.bookings.model.email_ids import DueMail
from shared.bootstrap import services

bp = func.Blueprint()
bp_without_referrals = func.Blueprint()
"""The same timer where no one-to-one sessions are offered: without a queue of referrals, and the storage for it."""
_SCHEDULE = "0 */5 * * * *"


@bp.timer_trigger(arg_name="timer", schedule=_SCHEDULE)
@bp.queue_output(arg_name="emails", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@bp.queue_output(arg_name="referrals", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
def schedule(
    timer: func.TimerRequest,
    emails: func.Out[List[str]],  # noqa: UP006  # see above
    referrals: func.Out[List[str]],  # noqa: UP006  # see above
) -> None:
    del timer  # its lateness does not matter: due work follows from the rows
    built = services()
    due = built.timer_run.run(built.now())
    if due.referrals or due.batches:
        batches = [batch_message(batch) for batch in due.batches]  # they hold the oldest
        referrals.set(batches + [turn_message(reference) for reference in due.referrals])
    _queue(due.mails, emails)


@bp_without_referrals.function_name("schedule")
@bp_without_referrals.timer_trigger(arg_name="timer", schedule=_SCHEDULE)
@bp_without_referrals.queue_output(arg_name="emails", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
def schedule_without_referrals(timer: func.TimerRequest, emails: func.Out[List[str]]) -> None:  # noqa: UP006  # see above
    del timer  # its lateness does not matter: due work follows from the rows
    built = services()
    due = built.timer_run.run(built.now())
    _queue(due.mails, emails)


def _queue(mails: Sequence[DueMail], emails: func.Out[List[str]]) -> None:  # noqa: UP006  # see above
    if mails:
        emails.set([mail_message(mail) for mail in mails])
