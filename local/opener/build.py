"""Builds the file with which the provider makes keys and opens referrals.

The same sources give the same bytes on every system: nothing of the time, the machine or the place is in them.
"""

import base64
import hashlib
import json
from string import Template

from local.paths import ROOT

WORDS = ROOT / "local" / "opener" / "words.txt"
_PAGE = ROOT / "local" / "opener" / "page"
_SCRIPTS = ("encoding", "passphrases", "key_files", "referrals", "elements", "opening", "making")
# No source of any kind, so no connection; Trusted Types: no text becomes markup.
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def opener() -> bytes:
    """The whole file: no address in it is fetched, and its policy allows the one script and the one style sheet."""
    style, script = _read("style.css"), _script()
    policy = _POLICY.format(script=_csp_hash(script), style=_csp_hash(style))
    return Template(_read("page.html")).substitute(policy=policy, style=style, script=script).encode()


def _script() -> str:
    """One function, so that nothing of it can be reached from the outside."""
    words = json.dumps(WORDS.read_text("utf-8").split(), separators=(",", ":"))
    parts = [f"const WORDS = {words};", *(_read(f"{name}.js") for name in _SCRIPTS)]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();", ""])


def _read(name: str) -> str:
    # Read as text: whatever the ends of lines in this clone, they are the same in what is built.
    return (_PAGE / name).read_text("utf-8")


def _csp_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
