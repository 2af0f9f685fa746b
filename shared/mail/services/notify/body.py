"""The values that take the places of ((subject)) and ((body)) in the one template at Notify."""

from shared.mail.message import EmailMessage


def personalisation(message: EmailMessage) -> dict[str, str]:
    """Returns the values by placeholder. The body is the email's text."""
    return {"subject": message.subject, "body": message.text}
