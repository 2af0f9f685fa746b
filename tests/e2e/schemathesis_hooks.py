"""Hints that schemathesis needs about this service: it loads this module by the variable SCHEMATHESIS_HOOKS."""

import os
from typing import Any

import schemathesis
from hypothesis import strategies as st

SESSION = "TEST_SESSION_ID"

# A format has no schema, so these are ours to say: addresses inside and outside the trust, and numbers to be dialled.
# Domains in ASCII form only: that is all `email` allows, and a body changed below is held to its formats again.
_NAMES = st.uuids().map(str)
_DOMAINS = st.sampled_from(["work.nhs.net", "trust.nhs.uk", "home.example.com", "xn--mller-kva.example.org"])
schemathesis.openapi.format("email", st.builds("{}@{}".format, _NAMES, _DOMAINS))
schemathesis.openapi.format("phone", st.from_regex(r"(07|\+447)7[0-9]{2} ?[0-9]{6}", fullmatch=True))


# The pattern of a name looks ahead for what no name holds, and its generator of texts cannot. These are names, too;
# that the real pattern takes what the service takes is held by the tables of tests/unit/shared/fields.
_OF_A_NAME = r"\p{Nd}\p{No}"
_NAME = "^[A-Za-z\u00c0-\u00d6\u00d8-\u00f6][A-Za-z\u00c0-\u00d6\u00d8-\u00f6 '\u2019-]{0,40}$"


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: Any) -> None:
    del context
    _simplify(raw_schema)


def _simplify(part: Any) -> None:
    """Replaces the pattern of names, wherever it is in the document."""
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _simplify(each)
    if isinstance(part, dict) and _OF_A_NAME in str(part.get("pattern", "")):
        part["pattern"] = _NAME


@schemathesis.hook
def before_call(context: Any, case: Any, _settings: Any) -> None:
    """Bookings are for a session that there is: no client finds its id by chance."""
    del context
    body = case.body
    if case.operation.path == "/bookings" and isinstance(body, dict) and isinstance(body.get("session_id"), str):
        body["session_id"] = body["session_id"] and os.environ[SESSION]
