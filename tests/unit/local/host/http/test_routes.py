"""The function that answers a path: the rules of ASP.NET's templates, in the order of Azure's host."""

import logging
from collections.abc import Mapping

import pytest

from local.host.app.functions import AuthLevel, Function, HttpTrigger
from local.host.errors import HostStartError
from local.host.http.routes import Routes
from local.host.http.templates import parse_template
from tests.every_row import every_row


def _match(template: str, path: str) -> Mapping[str, str] | None:
    return parse_template(template).match(path.split("/") if path else [])


def _function(name: str, route: str, *methods: str) -> Function:
    trigger = HttpTrigger("req", route, frozenset(methods) or None, AuthLevel.ANONYMOUS)
    return Function(name, name, trigger)


def _found(routes: Routes, path: str, method: str = "GET") -> str | None:
    found = routes.find(method, path.split("/"))
    return found[0].function.name if found else None


@every_row(
    "template, path, values",
    [
        ("sessions", "sessions", {}),
        ("sessions", "SESSIONS", {}),
        ("sessions/{id}", "sessions/A-1", {"id": "A-1"}),
        ("sessions/{id}", "sessions", None),
        ("sessions/{id}", "sessions/1/2", None),
        ("sessions/{id?}", "sessions", {}),
        ("sessions/{id=7}", "sessions", {"id": "7"}),
        ("{x:maxlength(0)?}", "", {}),
        ("{x:maxlength(0)?}", "about", None),
        ("files/{*path}", "files/a/b", {"path": "a/b"}),
        ("files/{**path}", "files", {}),
        ("files/{*path:regex(^a/)}", "files/b/c", None),
        ("report-{year:int}.csv", "Report-2023.csv", {"year": "2023"}),
        ("report-{year:int}.csv", "report-late.csv", None),
        ("a//b".replace("//", "/{x}/"), "a//b", None),
    ],
)
def test_a_path_fits_a_template_or_not(template: str, path: str, values: dict[str, str] | None) -> None:
    assert _match(template, path) == values


@every_row(
    "constraint, accepted, refused",
    [
        ("int", "-12", "2147483648"),
        ("long", "2147483648", "1.5"),
        ("bool", "True", "yes"),
        ("guid", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b"),
        ("alpha", "abcXYZ", "a1"),
        ("decimal", "1.50", "1,50"),
        ("required", "x", None),
        ("length(3)", "abc", "ab"),
        ("length(2,3)", "abc", "abcd"),
        ("minlength(2)", "ab", "a"),
        ("maxlength(2)", "ab", "abc"),
        ("min(18)", "18", "17"),
        ("max(18)", "18", "19"),
        ("range(1,5)", "5", "6"),
        ("regex(^\\d{{3}}-(a|b)$)", "123-B", "12-b"),
        ("int:min(5)", "5", "4"),
    ],
)
def test_a_constraint_lets_only_its_values_through(constraint: str, accepted: str, refused: str | None) -> None:
    template = parse_template(f"x/{{value:{constraint}}}")
    assert template.match(["x", accepted]) == {"value": accepted}
    assert refused is None or template.match(["x", refused]) is None


@pytest.mark.parametrize(
    "template",
    ["{a", "a}", "x//y", "{a}{b}", "{*rest}/more", "{a}/{A}", "x-{a?}", "{a:colour}", "{a:length}", "{a:int(3)}", "{}"],
)
def test_a_template_that_has_no_meaning_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_template(template)


def test_functions_are_tried_in_the_order_of_their_names_as_in_azure() -> None:
    by_id, recent = _function("a_by_id", "items/{id}"), _function("b_recent", "items/recent")
    assert _found(Routes([recent, by_id], ""), "items/recent") == "a_by_id"


def test_a_route_that_another_hides_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Routes([_function("b_recent", "items/recent"), _function("a_by_id", "items/{id}")], "api")
    assert "'api/items/{id}' comes first and hides 'api/items/recent'" in caplog.text


def test_the_method_belongs_to_the_route() -> None:
    routes = Routes([_function("read", "items", "GET"), _function("write", "items", "POST")], "")
    assert [_found(routes, "items", method) for method in ("GET", "POST", "PUT")] == ["read", "write", None]


@pytest.mark.parametrize("route", ["admin", "admin/x", "Administrators", "runtime", "runtimes/{id}"])
def test_reserved_routes_are_refused_whatever_the_prefix(route: str) -> None:
    with pytest.raises(HostStartError, match="reserved"):
        Routes([_function("one", route)], "api")


@pytest.mark.parametrize(("first", "second"), [(("GET",), ("GET", "POST")), ((), ("POST",)), ((), ())])
def test_the_same_route_with_a_method_in_common_is_refused(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    with pytest.raises(HostStartError, match="same route"):
        Routes([_function("one", "Items", *first), _function("two", "items", *second)], "api")
