"""Security headers of every response, with the content security policy."""

import base64
import hashlib
from collections.abc import Mapping

from functions.web.render import ASSETS


def _hash(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


# A page's two inline scripts, by hash: `template.jinja` marks the body when scripts run, `layout.html` starts the
# components. Hashes, unlike nonces, leave a page without personal facts the same for everybody.
SCRIPT_HASHES = (
    "sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0=",
    _hash(f'import {{ initAll }} from "{ASSETS}/nhsuk-frontend.min.js"; initAll();'),
)

_POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",  # the steps of the referral form are fetched, so that the browser keeps none of them
    "font-src": "https://assets.nhs.uk",  # the style sheet loads Frutiger from it
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self'",
    "manifest-src": "'self'",
    "script-src": " ".join(["'self'", *(f"'{each}'" for each in SCRIPT_HASHES)]),
    "style-src": "'self'",
}


def _policy(sources: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {allowed}" for name, allowed in sources.items())


PRIVATE_POLICY = _policy({**_POLICY, "font-src": "'none'"})
"""The policy of pages about referrals: another server would learn that someone is on the site, and when."""

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _policy(_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
