"""Problems with a request itself: its address, its method, its origin, its body and its form fields."""

from collections.abc import Mapping

from functions.forms.body import BodyError, BodyTooLargeError, EmptyBodyError, MalformedBodyError, UnsupportedBodyError
from functions.forms.tokens import FormTokenError
from functions.forms.validation import FormError
from functions.problems.http_errors import CrossSiteFormError, MethodNotAllowedError, PageNotFoundError
from functions.problems.problem_details import Problem

_NOT_A_FORM = Problem(
    400,
    "not-a-form",
    "We could not read the form",
    "Go back and try again. Use the form on our page, in a browser that is up to date.",
)

REQUEST_PROBLEMS: Mapping[type[Exception], Problem] = {
    PageNotFoundError: Problem(
        404,
        "page-unknown",
        "Page not found",
        "If you typed the address, check it is correct. If you followed a link, it may be incomplete or out of date.",
    ),
    MethodNotAllowedError: Problem(
        405,
        "method",
        "This page cannot be opened like that",
        "If you came here by going back or by a bookmark, begin again at the start.",
    ),
    CrossSiteFormError: Problem(
        403,
        "foreign-origin",
        "This form was sent from another website",
        "For your safety we only take forms that were filled in here. Open the form on our page and send it again.",
    ),
    BodyError: _NOT_A_FORM,
    MalformedBodyError: _NOT_A_FORM,
    EmptyBodyError: Problem(400, "empty", "We did not receive the form", "Go back and try again."),
    BodyTooLargeError: Problem(
        413, "too-large", "Your answers are too long", "Go back, shorten your answers, and send the form again."
    ),
    UnsupportedBodyError: Problem(
        415, "unsupported", "We could not read the form", "Send a form, or JSON, in the character set UTF-8."
    ),
    FormError: Problem(
        422, "answers", "There is a problem with your answers", "Go back, correct what is listed here, and send again."
    ),
    FormTokenError: Problem(
        422, "form-token", "Check your answers and send again", "Go back, check your answers, and send the form again."
    ),
}
