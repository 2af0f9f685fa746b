"""Facts of this installation that its whole process goes by: its clocks, its phones, the usual length of a session.

They come from the content file.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
USUAL_MINUTES = 75


@dataclass(frozen=True, slots=True)
class Installation:
    """The place of an installation.

    `phone_region` is the country (ISO 3166) of numbers without a country's code; `session_minutes` is the length of a
    session whose row names none. `programmes` are the names that a row may have for the programme of its session, the
    one that it has without a name first; none where they are not known, so that any name is taken.
    """

    zone: ZoneInfo = LONDON
    phone_region: str = "GB"
    session_minutes: int = USUAL_MINUTES
    programmes: tuple[str, ...] = ()

    def programme(self, written: str) -> str | None:
        """Returns the programme that a row names, "" for the first; None if there is no such programme."""
        if not written or not self.programmes:
            return written
        names = {name.casefold(): name for name in self.programmes}
        found = names.get(written.casefold())
        return "" if found == self.programmes[0] else found

    @property
    def clocks(self) -> str:
        """The city by whose clocks times are read, as sentences for administrators name it: London."""
        return self.zone.key.rpartition("/")[2].replace("_", " ")
