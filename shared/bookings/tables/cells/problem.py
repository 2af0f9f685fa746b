"""The sentences with which a cell is asked back, and the greatest length of its text."""


class CellError(ValueError):
    """A cell that has to be written differently. The message is a sentence for the person who wrote it."""


def too_long(name: str, text: str, most: int) -> str:
    """Returns the sentence about a text of more than `most` characters; "" for any other."""
    return f"{name} has {len(text):,} characters. Write at most {most:,}." if len(text) > most else ""
