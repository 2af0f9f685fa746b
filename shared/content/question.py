"""Questions of a form as a content file defines them: their pages, order and wording."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.content.content_models import ContentModel
from shared.content.question_catalogue import CATALOGUE, Question
from shared.wording.sentences import sentence


class Option(ContentModel):
    """One answer to choose: the code that is sent, and the words that are shown."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    words: str


class Language(ContentModel):
    """A language that therapy is offered in: its English name, its own, and its BCP 47 code."""

    name: str
    own: str
    code: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


_CALLED_BEFORE = {"works_for_trust": "works_here"}  # names in content files of before


def _known(name: object) -> object:
    today = _CALLED_BEFORE.get(name, name) if isinstance(name, str) else ""
    if today in CATALOGUE:
        return today
    # Content is not secret, and the author has to find the mistyped name.
    raise PydanticCustomError("question", "{found}", {"found": sentence("content.no-question", name=repr(name)[:60])})


def _options(value: object) -> object:
    if isinstance(value, Mapping):
        return [{"code": code, "words": words} for code, words in value.items()]
    return value


class FormQuestion(ContentModel):
    """One question of the form.

    `short` names it on the check page, in error messages and to the provider. `options`, a table of codes and words,
    replaces those of the catalogue; `limit` lowers the catalogue's number of characters.
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
    def label_in_form(self) -> str:
        """The label as the form shows it."""
        return self.label if self.required else sentence("questions.optional", label=self.label)

    @property
    def choices(self) -> tuple[Option, ...]:
        """The options to choose from, in the order shown."""
        return self.options or tuple(Option(code=code, words=words) for code, words in self.question.options.items())

    @property
    def max_length(self) -> int:
        """The greatest number of characters of an answer in the person's own words."""
        return self.limit or self.question.limit

    def is_for(self, given: Mapping[str, object], asked: frozenset[str]) -> bool:
        """True if it is put to someone with these answers, on a form with the questions `asked`."""
        needs = self.question.needs
        return needs is None or needs.question not in asked or needs.are_met(given)

    def may_be_for(self, given: Mapping[str, object], asked: frozenset[str]) -> bool:
        """True if it is put to someone with these answers, or may be: the answer that decides is not there yet."""
        needs = self.question.needs
        return self.is_for(given, asked) or (needs is not None and needs.question not in given)


class QuestionPage(ContentModel):
    """One page: its questions, which share one topic.

    `title` appears in the browser's title and history, so it reveals nothing to a passer-by. `heading` is required with
    several questions; a single question is the heading of its page.
    """

    title: str
    heading: str | None = None
    about: tuple[str, ...] = ()
    questions: Annotated[tuple[FormQuestion, ...], Field(min_length=1)]

    @property
    def key(self) -> str:
        """The name of the page in a form: its first question."""
        return self.questions[0].ask
