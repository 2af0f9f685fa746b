"""Route of the pages about the support in other languages, each from a file beside the content file."""

import azure.functions as func

from functions.forms.request_values import route_value
from functions.problems.http_errors import PageNotFoundError
from functions.web.error_handling import handle_errors
from functions.web.render import render
from functions.web.responses import page
from shared.bootstrap import services
from shared.content.content import Content
from shared.content.language_pages import LanguagePage

bp = func.Blueprint()


@bp.route(route="languages/{language}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def language_page(req: func.HttpRequest) -> func.HttpResponse:
    content = services().content
    tag = route_value(req, "language")
    found = pages(content).get(tag)
    if found is None:
        raise PageNotFoundError
    return page(render("info/language.html", content, language=found, mainLang=tag, pageTitleLang=tag))


def pages(content: Content) -> dict[str, LanguagePage]:
    """The pages that are shown, by language tag: that of the site's language, and each that someone has checked."""
    own = LanguagePage(name=content.language, dir=content.dir, page=content.in_your_language)
    return {content.language: own, **content.checked_languages}
