"""What a content file says of the questions of a form: which, on which page, in which words."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.content.content_models import ContentModel
from shared.content.question_catalogue import CATALOGUE, Question


class Option(ContentModel):
    """One answer that can be chosen: the code that is sent, and the words that are shown."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    words: str


class Language(ContentModel):
    """A language that therapy is offered in: its English name, its own, and its BCP 47 code."""

    name: str
    own: str
    code: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


def _known(name: object) -> object:
    if name in CATALOGUE:
        return name
    # What a content file says is no secret, and whoever mistyped a name has to find it.
    raise PydanticCustomError("question", "{name} is not a question in the catalogue", {"name": repr(name)[:60]})


def _options(value: object) -> object:
    if isinstance(value, Mapping):
        return [{"code": code, "words": words} for code, words in value.items()]
    return value


class FormQuestion(ContentModel):
    """One question as it is asked.

    `short` names it on the page for checking, in what is wrong with an answer, and to the provider who reads it.
    `options`, a table of codes and words, replaces those of the catalogue; `limit` lowers its number of characters.
    """

    ask: Annotated[str, BeforeValidator(_known)]
    label: str
    short: str
    hint: str | None = None
    required: bool = False
    options: Annotated[tuple[Option, ...], BeforeValidator(_options)] = ()
    limit: Annotated[int, Field(ge=1)] | None = None

    @property
    def question(self) -> Question:
        return CATALOGUE[self.ask]

    @property
    def choices(self) -> tuple[Option, ...]:
        """What can be chosen, in the order in which it is shown."""
        return self.options or tuple(Option(code=code, words=words) for code, words in self.question.options.items())

    @property
    def max_length(self) -> int:
        """The number of characters that an answer in the person's own words may have."""
        return self.limit or self.question.limit

    def is_for(self, given: Mapping[str, object], asked: frozenset[str]) -> bool:
        """Whether it is asked of somebody with these answers, on a form that asks these questions."""
        needs = self.question.needs
        return needs is None or needs.question not in asked or needs.are_met(given)


class QuestionPage(ContentModel):
    """One page: its questions, which share one topic.

    `title` stands in the browser's title and history, so it says nothing that a passer-by should not read. `heading`
    is needed where there are several questions; a single one is its page's heading itself.
    """

    title: str
    heading: str | None = None
    about: tuple[str, ...] = ()
    questions: Annotated[tuple[FormQuestion, ...], Field(min_length=1)]

    @property
    def key(self) -> str:
        """What the page is called in a form: its first question."""
        return self.questions[0].ask
