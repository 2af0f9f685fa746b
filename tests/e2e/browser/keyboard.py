"""Hands on a keyboard and no mouse."""

import re

from playwright.sync_api import Page

_MOST = 60  # more than any page has to go through
_FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.length ? at.labels[0].innerText : at.innerText;
  return `${at.tagName.toLowerCase()} ${(label || at.getAttribute("aria-label") || "").trim().replace(/\\s+/g, " ")}`;
}"""
# An outline, a shadow, or for a radio or checkbox, which is drawn beside it, a shadow of what is drawn.
_VISIBLE = """() => {
  const at = document.activeElement;
  const seen = style => style.boxShadow !== "none"
    || (style.outlineStyle !== "none" && style.outlineWidth !== "0px" && !/, 0\\)$/.test(style.outlineColor));
  return at.matches(":focus-visible") && (seen(getComputedStyle(at))
    || (at.labels?.length > 0 && seen(getComputedStyle(at.labels[0], "::before"))));
}"""


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Goes on with Tab until what begins with this name has the focus, and sees it at every step.

    `name` is the tag and the visible words, as in "button Continue".
    """
    passed = []
    for _ in range(_MOST):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        passed.append(focused(page))
        assert page.evaluate(_VISIBLE), f"the focus cannot be seen on: {passed[-1]}"
        if re.match(re.escape(name), passed[-1]):
            return
    raise AssertionError(f"{name} is not reached with Tab, only {passed}")


def focused(page: Page) -> str:
    """The element that has the focus: tag and words."""
    found: str = page.evaluate(_FOCUSED)
    return found
