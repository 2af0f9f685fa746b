"""Route of `/.well-known/security.txt` (RFC 9116): whom to tell of a weakness, from the content file."""

import azure.functions as func

from functions.web.error_handling import handle_errors
from functions.web.responses import respond
from shared.bootstrap import services
from shared.content.content_models import Security

PATH = ".well-known/security.txt"

bp = func.Blueprint()


@bp.function_name("security_txt")
@bp.route(route=PATH, methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def get_security_txt(req: func.HttpRequest) -> func.HttpResponse:
    del req
    built = services()
    return respond(security_txt(built.content.security, built.site_url), "text/plain")


def security_txt(security: Security, site_url: str) -> str:
    """The file's text; `site_url` is the site's address without a slash at its end."""
    fields = [
        *(("Contact", contact) for contact in security.contacts),
        ("Expires", f"{security.expires.isoformat()}T00:00:00Z"),
        ("Preferred-Languages", ", ".join(security.languages)),
        ("Canonical", f"{site_url}/{PATH}"),
    ]
    return "".join(f"{name}: {value}\n" for name, value in fields)
