"""The security headers of every answer, and what a page may load."""

from collections.abc import Mapping

# A page's two inline scripts, by hash: `template.jinja` marks the body when scripts run, `layout.html` starts the
# components. Hashes, unlike nonces, leave a page without personal facts the same for everybody.
SCRIPT_HASHES = (
    "sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0=",
    "sha256-b37RvQJKXnawczlp5ckNVwR3euhunkp4VhjrMWUxCPU=",
)

_POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "font-src": "https://assets.nhs.uk",  # where the style sheet gets Frutiger from
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self'",
    "manifest-src": "'self'",
    "script-src": " ".join(["'self'", *(f"'{each}'" for each in SCRIPT_HASHES)]),
    "style-src": "'self'",
}

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
