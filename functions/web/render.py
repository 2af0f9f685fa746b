"""Renders NHS pages from Jinja templates. Jinja is imported for the first page, not when the app starts."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.web import look_files
from shared.content.content import Content
from shared.content.language.sentences import NO_SENTENCES, Sentences
from shared.content.language.translated_templates import install_translations
from shared.content.language_pages import ENGLISH
from shared.wording.translation import with_translated

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

NHSUK_VERSION = "10.6.1"
OWN_FILES = "1b6afd63"  # the start of the SHA-256 of app.css and referral.js: browsers cache an address for a year
ASSETS = f"/assets/nhsuk-{NHSUK_VERSION}-{OWN_FILES}"
_PRIVATE = ("referrals/", "provider/")
TEMPLATES = Path(__file__).parents[1] / "templates"
COMPILED = Path(__file__).parents[1] / "compiled"  # written when the package is built; optional


def environment(
    bytecode_cache: "BytecodeCache | None" = None, sentences: Sentences = NO_SENTENCES, language: str = ENGLISH
) -> "Environment":
    """Returns our templates, then those of `nhsuk-frontend-jinja`, which need `ChainableUndefined` for absent options.

    `bytecode_cache` saves compiling some twenty component templates, most of the time of a first page.
    """
    import jinja2  # noqa: PLC0415  # 0.1 s that a start without a page need not pay

    found = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(TEMPLATES), jinja2.PackageLoader("nhsuk_frontend_jinja")]),
        undefined=jinja2.ChainableUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=bytecode_cache,
    )
    install_translations(found, sentences, language)
    return found


@cache
def _environment(sentences: Sentences, language: str) -> "Environment":
    """Returns one environment for each content's language: macros that are imported know of no content."""
    from shared.template_cache import CompiledTemplates  # noqa: PLC0415  # it imports Jinja

    return environment(CompiledTemplates(COMPILED), sentences, language)


def render(template: str, content: Content | None, **facts: Any) -> str:
    """One page, named by its path under `templates`, with `facts` as its variables.

    `errors`, a list of `FieldError`, makes it a form with an error summary. Without `content`, for the error
    that it cannot be read, the page has neither header nor footer. One about a referral is `is_private`: it loads
    nothing from other servers; the templates of those pages are so by themselves.
    `site` is the address of the web app, on pages of the other one.
    """
    errors = facts.pop("errors", ())
    if content:
        facts, errors = _in_language(facts, content), [each.in_language(content.translate) for each in errors]
    facts.setdefault("is_private", template.startswith(_PRIVATE))
    facts.setdefault("site", "")
    language = content.language if content else ENGLISH
    return (
        _environment(content.sentences if content else NO_SENTENCES, language)
        .get_template(template)
        .render(
            facts,
            assetPath=ASSETS,
            htmlLang=language,
            htmlAttributes={"dir": content.dir} if content and content.dir != "ltr" else {},
            content=content,
            look_styles=look_files.address(look_files.style_sheet(content.look)) if content else "",
            look_logo=look_files.address(look_files.logo(content.look)) if content else "",
            errors=errors,
            messages={error.field: error.message for error in errors},
        )
    )


def _in_language(facts: dict[str, Any], content: Content) -> dict[str, Any]:
    """The variables with the problem and every sentence of its own in the language of the content."""
    said = with_translated(facts, content.translate)
    if "problem" in said:
        said["problem"] = said["problem"].for_organisation(content.organisation.name, content.translate)
    return said
