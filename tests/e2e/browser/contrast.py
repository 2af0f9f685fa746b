"""Contrast of words, by the colours that the browser really used.

axe reads `-webkit-text-fill-color`, which stays as written when a person's own colours are in force.
"""

from playwright.sync_api import Page

_PALE = """least => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [[r, 0.2126], [g, 0.7152], [b, 0.0722]].reduce((sum, [value, share]) => {
    const part = value / 255;
    return sum + share * (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = each => {
    for (let at = each; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = each => {
    const [one, other] = [numbers(getComputedStyle(each).color), behind(each)].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const speaks = each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    && each.checkVisibility() && !each.closest("[class*=visually-hidden], .nhsuk-skip-link, noscript");
  return [...document.body.querySelectorAll("*")].filter(speaks).filter(each => ratio(each) < least)
    .map(each => `${each.tagName}: ${each.innerText.trim().slice(0, 40)}`);
}"""


def low_contrast_texts(page: Page) -> list[str]:
    """Texts that stand out less than WCAG asks of small text, 4.5 to 1."""
    found: list[str] = page.evaluate(_PALE, 4.5)
    return found
