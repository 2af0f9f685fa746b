"""Yes and no, in the words that people, forms and table editors write."""

WORDS = {
    **dict.fromkeys(("yes", "y", "true", "on", "1"), True),
    **dict.fromkeys(("no", "n", "false", "off", "0"), False),
}
"""Every accepted word, in lower case, with its meaning."""


def parse_yes_no(text: str) -> bool | None:
    """Returns the meaning of the text, ignoring case and surrounding blanks; None if it is neither yes nor no."""
    return WORDS.get(text.strip().casefold())
