"""Marks that every browser leaves on a request that a page of ours sends: a program that posts by itself has none."""

import azure.functions as func

from functions.forms.request_values import header


def has_browser_marks(req: func.HttpRequest) -> bool:
    """True if the request says in which languages its sender reads, and from which page it comes.

    Browsers send Accept-Language always, and Sec-Fetch-Site or at least Origin with a form (Fetch Metadata; Fetch,
    section 3.2). Nothing of their values is looked at: the answer is the same for all people.
    """
    languages, place = header(req, "accept-language"), ("sec-fetch-site", "origin")
    return bool(languages.strip()) and any(header(req, name).strip() for name in place)
