"""The sentences with which a cell is asked back, and the greatest length of its text."""

from shared.wording.sentences import sentence


class CellError(ValueError):
    """A cell that has to be written differently. The message is a sentence for the person who wrote it."""


def too_long(name: str, text: str, most: int) -> str:
    """Returns the sentence about a text of more than `most` characters; "" for any other."""
    if len(text) <= most:
        return ""
    return sentence("portal.too-long", name=name, number=f"{len(text):,}", most=f"{most:,}")
