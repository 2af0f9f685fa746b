"""Pages about the support in other languages: one file for each, beside the English content file `en.toml`.

A text stands on the site only when its file says who checked it and when. What a file leaves out falls back to English.
"""

from datetime import date
from typing import Literal

from shared.content.content_models import Article, ContentModel

ENGLISH = "en"


class LanguagePage(ContentModel):
    """The page in one language: the language's own `name`, its direction, and who checked the text on which day."""

    name: str
    dir: Literal["ltr", "rtl"] = "ltr"
    checked_by: str | None = None
    checked_on: date | None = None
    page: Article

    @property
    def is_checked(self) -> bool:
        return bool(self.checked_by and self.checked_on)
