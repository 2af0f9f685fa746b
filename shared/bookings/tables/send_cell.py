"""The cell `Send` of a session's row, into which an administrator writes what to send to the organiser: `list`."""

from shared.bookings.tables.cells.visible_text import one_line, shown
from shared.wording.sentences import sentence

SEND = "Send"

_LIST = "list"


def asks_for_list(text: str) -> bool:
    return one_line(text).casefold() == _LIST


def marked_as_being_sent(asked: str) -> str:
    """The text of the cell while the email is on its way; `asked` is when the wish was seen, as in an email id."""
    return sentence("portal.session.list-being-sent", asked=asked)


def list_being_sent(text: str) -> str:
    """Returns `asked` of a cell that is so marked; "" for any other text."""
    asked = text.removeprefix(marked_as_being_sent(""))
    return (
        asked if asked != text and asked.isascii() and asked.isalnum() and len(asked) <= len("20230908T1400Z") else ""
    )


def send_problem(text: str) -> str:
    """Returns the sentence about a text that asks for nothing; "" for any other."""
    if not text or asks_for_list(text) or list_being_sent(text):
        return ""
    return sentence("portal.session.send-unknown", text=shown(text))
