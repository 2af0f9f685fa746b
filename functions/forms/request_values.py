"""Values of a request besides its body: each is measured before any other look at it, and read nowhere else."""

import azure.functions as func

HEADER_LENGTH = 4_096  # characters; no browser sends a longer one of those that are read
VALUE_LENGTH = 1_024  # of a part of the address or the query; no link of ours has a longer one


def header(req: func.HttpRequest, name: str) -> str:
    """Returns the header, of one that is too long its beginning; empty if there is none."""
    return str(req.headers.get(name, ""))[:HEADER_LENGTH]


def query(req: func.HttpRequest, name: str) -> str:
    """Returns the parameter of the query; empty if there is none or it is too long."""
    text = str(req.params.get(name) or "")
    return text if len(text) <= VALUE_LENGTH else ""


def route_value(req: func.HttpRequest, name: str, too_long: str = "") -> str:
    """Returns the part of the address that the route calls `name`; empty if there is none."""
    text = str(req.route_params.get(name) or "")
    return text if len(text) <= VALUE_LENGTH else too_long
