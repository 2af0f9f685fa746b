"""An email that was accepted: the answer to whoever sent it, and its place in the inbox."""

from typing import Any

from local.mail.mailbox import Operation, Submission
from local.mail.message import EmailMessage
from local.mail.notify.notifications import TECHNICAL_FAILURE, Notification
from local.mail.state import State

FROM = "staff.support@notifications.service.gov.uk"


def answer_of(notification: Notification, base: str) -> dict[str, Any]:
    """The answer of 201, which repeats the whole body."""
    shown = notification.as_json(base, "created")
    content = {"subject": shown["subject"], "body": shown["body"], "from_email": FROM}
    uri = f"{base}/v2/notifications/{notification.id}"
    return {name: shown[name] for name in ("id", "reference", "template")} | {"content": content, "uri": uri}


def put_into_inbox(state: State, notification: Notification) -> None:
    """Shows the email in the inbox, in the form that Azure's emails are posted in."""
    email = notification.email
    posted = {
        "senderAddress": FROM,
        "recipients": {"to": [{"address": email.email_address}]},
        "content": {"subject": " ".join((email.value("subject") or "").split()), "plainText": email.value("body")},
    }
    submission = Submission(
        EmailMessage.model_validate(posted), (), posted | {"operationId": email.reference or notification.id}
    )
    is_lost = notification.final == TECHNICAL_FAILURE
    final, code = ("Failed", TECHNICAL_FAILURE) if is_lost else ("Succeeded", None)
    now = state.clock()
    mail = state.memory.mailbox.accept(Operation(notification.id, now, submission, final, code), now)
    mail.reports = [] if is_lost else [notification.final]
