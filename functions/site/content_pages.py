"""Routes of the content pages: start, who can see what, help now, resources, privacy, accessibility, cookies."""

import azure.functions as func

from functions.forms.request_values import route_value
from functions.problems.http_errors import PageNotFoundError
from functions.site.downloads import download, offers
from functions.web.error_handling import handle_errors
from functions.web.render import render
from functions.web.responses import page, respond
from shared.bootstrap import services
from shared.referrals.retention.retention_rules import ERASED_AFTER, STATUS_DELETED_AFTER
from shared.referrals.retention.uncollected_rules import NOTICE

bp = func.Blueprint()


# An empty route would mean the function's name; this is how the host is given the address of the site itself.
@bp.route(route="{root:maxlength(0)?}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def start(req: func.HttpRequest) -> func.HttpResponse:
    del req
    built = services()
    names = built.bookings.names_go_to_facilitators
    return page(render("start.html", built.content, closed=built.closed, shares_names=names))


@bp.route(route="who-can-see-what", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def who_sees(req: func.HttpRequest) -> func.HttpResponse:
    del req
    built = services()
    facts = {"asks_adjustments": built.bookings.adjustments_are_read}
    facts |= {"shares_names": built.bookings.names_go_to_facilitators}
    facts |= {"marks_attendance": built.bookings.marks_attendance}
    return page(render("info/who-sees.html", built.content, **facts))


@bp.route(route="help-now", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def help_now(req: func.HttpRequest) -> func.HttpResponse:
    del req
    return page(render("info/help-now.html", services().content))


@bp.function_name("resources")
@bp.route(route="resources", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def list_resources(req: func.HttpRequest) -> func.HttpResponse:
    del req
    content = services().content
    return page(render("info/resources.html", content, offers=offers(content.resources)))


@bp.route(route="resources/prompts", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def prompts(req: func.HttpRequest) -> func.HttpResponse:
    del req
    content = services().content
    if content.resources.prompts is None:
        raise PageNotFoundError
    return page(render("info/prompts.html", content, article=content.resources.prompts))


@bp.route(route="resources/files/{name}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def resource_file(req: func.HttpRequest) -> func.HttpResponse:
    found = download(services().content.resources, route_value(req, "name"))
    if found is None:
        raise PageNotFoundError
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return respond(found.body, found.mimetype, headers=headers)


@bp.route(route="privacy", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def privacy(req: func.HttpRequest) -> func.HttpResponse:
    del req
    built = services()
    kept = {"kept_days": built.bookings.kept_days, "grace_weekdays": built.referrals.grace_weekdays}
    kept |= {"marks_attendance": built.bookings.marks_attendance}
    kept |= {"unconfirmed_days": ERASED_AFTER, "notice_days": NOTICE.days, "status_days": STATUS_DELETED_AFTER}
    return page(render("info/privacy.html", built.content, article=built.content.privacy, **kept))


@bp.route(route="accessibility", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def accessibility(req: func.HttpRequest) -> func.HttpResponse:
    del req
    content = services().content
    return page(render("info/article.html", content, article=content.accessibility))


@bp.route(route="cookies", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    del req
    content = services().content
    return page(render("info/article.html", content, article=content.cookies))
