"""Contrast of text to what it stands on, by WCAG 2.2 (1.4.3): the ratio is to be 4.5 at least."""

MIN_CONTRAST = 4.5
_PRESSED = 0.8  # of the light of a colour that is pointed at


def contrast(one: str, other: str) -> float:
    """Returns the ratio of the luminances of two colours, from 1 to 21."""
    darker_one, lighter_one = sorted((_luminance(one), _luminance(other)))
    return (lighter_one + 0.05) / (darker_one + 0.05)


def darker(colour: str) -> str:
    """Returns the colour of a control that is pointed at or pressed."""
    return "#" + "".join(f"{round(int(colour[at : at + 2], 16) * _PRESSED):02x}" for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
