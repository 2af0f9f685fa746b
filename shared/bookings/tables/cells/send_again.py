"""The cell `SendAgain` of a booking's row, into which an administrator writes `yes`: its texts, and their meaning."""

from shared.wording.sentences import sentence
from shared.yes_no import parse_yes_no

_LONGEST_STAMP = len("20230908T1400Z")


def asks_again(text: str) -> bool:
    """True if the email that says where someone stands is to be sent once more."""
    return parse_yes_no(text) is True


def being_sent(asked: str) -> str:
    """The text of the cell while the email is on its way; `asked` is when the wish was seen, as in an email id."""
    return sentence("portal.booking.send-again.being-sent", asked=asked)


def asked_at(text: str) -> str:
    """Returns `asked` of a cell that is so marked; "" for any other text."""
    asked = text.removeprefix(being_sent(""))
    is_stamp = asked != text and asked.isascii() and asked.isalnum() and len(asked) <= _LONGEST_STAMP
    return asked if is_stamp else ""


def not_sent(why: str) -> str:
    """The text of the cell that answers a wish which cannot be met: `why` is a few words."""
    return sentence("portal.booking.send-again.not-sent", why=why)


def is_unknown(text: str) -> bool:
    """True for a text that asks for nothing and is no answer of the service's."""
    is_answer = bool(asked_at(text)) or text.startswith(not_sent(""))
    return bool(text) and parse_yes_no(text) is None and not is_answer
