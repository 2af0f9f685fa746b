"""Yes and no, in the words that people, forms and table editors write."""

WORDS = {
    **dict.fromkeys(("yes", "y", "true", "on", "1"), True),
    **dict.fromkeys(("no", "n", "false", "off", "0"), False),
}
"""Every word that is understood, in small letters."""


def parse_yes_no(text: str) -> bool | None:
    """The meaning of the text, in any case and with blanks around it; None where it is neither yes nor no."""
    return WORDS.get(text.strip().casefold())
