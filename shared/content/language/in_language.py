"""The language of a content: the sentences and dates of the service in it, and the pages in other languages."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from shared.content.content_models import ContentModel, LanguageTag
from shared.content.language.dates import Dates
from shared.content.language.sentences import NO_SENTENCES, Sentences
from shared.content.language_pages import ENGLISH, LanguagePage


class InLanguage(ContentModel):
    """The `language` of a content, its direction, and the pages in other languages by language tag (BCP 47)."""

    languages: Mapping[str, LanguagePage] = Field(default_factory=dict)
    language: LanguageTag = ENGLISH
    dir: Literal["ltr", "rtl"] = "ltr"
    sentences: Sentences = NO_SENTENCES

    @property
    def dates(self) -> Dates:
        """Dates and times in this language."""
        return Dates(self.language)

    def translate(self, english: str) -> str:
        """Returns a sentence of the service in this language, or in English if it is not translated."""
        return self.sentences.of(english)

    @property
    def checked_languages(self) -> Mapping[str, LanguagePage]:
        """The pages in other languages that someone has checked, by language tag."""
        return {tag: page for tag, page in self.languages.items() if page.is_checked and tag != self.language}

    @property
    def is_checked(self) -> bool:
        """True if someone has checked this language, or it is English."""
        return self.language not in self.languages or self.languages[self.language].is_checked
