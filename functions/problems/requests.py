"""Problems with a request itself: its address, its method, its origin, its body and its form fields."""

from collections.abc import Mapping

from functions.forms.body import BodyError, BodyTooLargeError, EmptyBodyError, MalformedBodyError, UnsupportedBodyError
from functions.forms.tokens import FormTokenError
from functions.forms.validation import FormError
from functions.problems.http_errors import CrossSiteFormError, MethodNotAllowedError, PageNotFoundError
from functions.problems.problem_details import Problem, wording


def _problem(status: int, name: str) -> Problem:
    return Problem(status, name, wording("requests", name))


_NOT_A_FORM = _problem(400, "not-a-form")

REQUEST_PROBLEMS: Mapping[type[Exception], Problem] = {
    PageNotFoundError: _problem(404, "page-unknown"),
    MethodNotAllowedError: _problem(405, "method"),
    CrossSiteFormError: _problem(403, "foreign-origin"),
    BodyError: _NOT_A_FORM,
    MalformedBodyError: _NOT_A_FORM,
    EmptyBodyError: _problem(400, "empty"),
    BodyTooLargeError: _problem(413, "too-large"),
    UnsupportedBodyError: _problem(415, "unsupported"),
    FormError: _problem(422, "answers"),
    FormTokenError: _problem(422, "form-token"),
}
