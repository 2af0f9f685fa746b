"""The timer: every five minutes, in UTC, it finds what is due and tells the queues."""

# The worker only understands `typing.List` in the annotation of an output of many messages.
from typing import List  # noqa: UP035  # see above

import azure.functions as func

from functions.queues import BOOKINGS_STORAGE, EMAILS, REFERRALS, REFERRALS_STORAGE, mail_message, referral_message
from shared.bootstrap import services

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
@bp.queue_output(arg_name="emails", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@bp.queue_output(arg_name="referrals", queue_name=REFERRALS, connection=REFERRALS_STORAGE)
def schedule(
    timer: func.TimerRequest,
    emails: func.Out[List[str]],  # noqa: UP006  # see above
    referrals: func.Out[List[str]],  # noqa: UP006  # see above
) -> None:
    del timer  # how late it is does not matter: what is due follows from the rows
    built = services()
    due = built.timer_run.run(built.now())
    if due.referrals:
        referrals.set([referral_message(reference) for reference in due.referrals])
    if due.mails:
        emails.set([mail_message(mail) for mail in due.mails])
