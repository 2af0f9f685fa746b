"""Sentences of the guide and what each stands for: one that nothing is written for cannot be tried."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field


class UnknownPhraseError(Exception):
    """The guide says something that the trials do not know how to try."""


@dataclass(frozen=True, slots=True)
class Phrases[T]:
    """Patterns of sentences, and the function that gets the groups of the one that fits."""

    known: list[tuple[re.Pattern[str], Callable[..., T]]] = field(default_factory=list)

    def saying(self, pattern: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Decorates the function that a sentence stands for. Only its first letter may be a capital or not."""

        def add(meaning: Callable[..., T]) -> Callable[..., T]:
            self.known.append((re.compile(pattern), meaning))
            return meaning

        return add

    def understand(self, sentence: str) -> T:
        small = sentence[:1].lower() + sentence[1:]
        for pattern, meaning in self.known:
            if (found := pattern.fullmatch(sentence) or pattern.fullmatch(small)) is not None:
                return meaning(*found.groups())
        raise UnknownPhraseError(f"the trials do not know how to try: {sentence!r}")


def sentences(text: str, separator: str = ". ") -> list[str]:
    """The parts of a text, split outside of what is quoted."""
    quotes = re.findall(r"`[^`]*`", text)
    bare = re.sub(r"`[^`]*`", "\0", text).rstrip(".")
    rest = iter(quotes)
    return [re.sub("\0", lambda _: next(rest), part.strip()) for part in bare.split(separator) if part.strip()]
