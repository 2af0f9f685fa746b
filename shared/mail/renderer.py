"""Emails from templates: one source for each, rendered as text, HTML and Markdown, so that all say the same."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from shared.content.content import Content
from shared.content.language.sentences import NO_SENTENCES, Sentences
from shared.content.language.translated_templates import install_translations
from shared.content.language_pages import ENGLISH
from shared.mail import markdown
from shared.mail.message import EmailMessage
from shared.wording.translation import with_translated

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment, Template
    from markupsafe import Markup

Kind = Literal["txt", "html", "md"]
KINDS: tuple[Kind, ...] = get_args(Kind)

COMPILED = Path(__file__).parent / "compiled"  # written when the package is built; nothing is missing without it
TEMPLATES = Path(__file__).parent / "templates"
_BLOCKS = ("h", "h2", "p", "facts", "link", "ul")


@dataclass(frozen=True)
class MailRenderer:
    """Renders emails with one trust's copy. A fact that a template names and nobody gives is an error, not a blank."""

    content: Content = field(repr=False)

    def render(self, template: str, *, to: str, **facts: Any) -> EmailMessage:
        """Renders the email `template` to one address, with these facts, which are never read as markup.

        A fact called `content` takes the place of the renderer's own, for an email about a session of one programme.

        Raises:
            jinja2.TemplateError: there is no such template, or it names a fact that is not given.
        """
        facts = with_translated(facts, self.content.translate)
        text, html, marked = (self._environments[kind].get_template(f"{template}.jinja") for kind in KINDS)
        return EmailMessage(
            to=to,
            subject=" ".join(_block(text, "subject", facts).split()),
            text=_without_gaps(text.render(facts)),
            html=html.render(facts),
            markdown=_without_gaps(marked.render(facts)),
        )

    @cached_property
    def _environments(self) -> "dict[Kind, Environment]":
        return {kind: self._environment(kind) for kind in KINDS}

    def _environment(self, kind: Kind) -> "Environment":
        from shared.template_cache import CompiledTemplates  # noqa: PLC0415  # it imports Jinja

        found = environment(kind, CompiledTemplates(COMPILED), self.content.sentences, self.content.language)
        blocks: Any = found.get_template(f"_blocks.{kind}.jinja").module
        found.globals |= {name: getattr(blocks, name) for name in _BLOCKS}
        found.globals |= {"content": self.content, "frame": f"_frame.{kind}.jinja"}
        return found


def environment(
    kind: Kind,
    bytecode_cache: "BytecodeCache | None" = None,
    sentences: Sentences = NO_SENTENCES,
    language: str = ENGLISH,
) -> "Environment":
    """Returns the templates for one form of an email, without the blocks and the copy that they use."""
    # Imported late: half a second of the cold start of every function that sends no email.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415  # see above

    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=kind != "txt",  # noqa: S701  # the text part has no markup and must not be escaped
        finalize=_literally if kind == "md" else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # or each email asks the disk nine times whether a template has changed
        bytecode_cache=bytecode_cache,
    )
    found.filters["link_target"] = _link_target
    install_translations(found, sentences, language)
    return found


def _literally(value: object) -> "Markup":
    """Escapes whatever a template puts into Markdown, but for what its blocks have made."""
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja

    return value if isinstance(value, Markup) else Markup(markdown.literal(str(value)))  # noqa: S704  # escaped


def _link_target(url: str) -> "Markup":
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja

    return Markup(markdown.link_target(url))  # noqa: S704  # nothing in it is markup


def _block(template: "Template", name: str, facts: dict[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(facts)))


def _without_gaps(text: str) -> str:
    paragraphs = [part.strip("\n") for part in text.split("\n\n")]
    return "\n\n".join(part for part in paragraphs if part.strip()) + "\n"
