"""The page of all sessions, which says the same to everyone: rendered once for as long as it says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.bookings.session_view import SessionView
from functions.web.render import render
from shared.content.content import Content


@dataclass(frozen=True, slots=True)
class _Kept:
    content: Content
    views: tuple[SessionView, ...]
    html: str


@dataclass(slots=True)
class ListPage:
    """Keeps the last page. A year of sessions takes ten times as long to render as the start page."""

    _kept: _Kept | None = None

    def html(self, content: Content, views: Sequence[SessionView]) -> str:
        kept = self._kept
        if kept is None or kept.content is not content or kept.views != tuple(views):
            html = render("bookings/sessions.html", content, sessions=views)
            kept = self._kept = _Kept(content, tuple(views), html)
        return kept.html
