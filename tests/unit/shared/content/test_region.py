"""An installation elsewhere: its clocks, its phone numbers and the length of its sessions, from its content file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from local.content.installation import use_content_file
from shared.bookings.model.session import Session
from shared.bookings.tables.session_rows import read_session_row
from shared.composition.services import Services
from shared.config.settings import Settings
from shared.content.content import Content, ContentError, load_content
from shared.fields.phone_number import read_phone_number
from shared.fields.reading import ReadingError
from shared.installation.facts import Installation
from shared.installation.here import here, use_installation
from shared.local_time import iso, local_day, moment_in_words
from shared.mail.renderer import MailRenderer
from shared.tables.table import Row
from tests.builders import MORNING, ROOT, content, session_cells
from tests.unit.functions.page_examples import show
from tests.unit.functions.test_app_roles import EVERYTHING

OTHER = ROOT / "tests" / "content" / "other-trust.toml"
ELSEWHERE = '[region]\ntime_zone = "America/New_York"\ntimes = "Eastern time"\nphone_country = "US"\n'
LATE = datetime(2023, 9, 2, 2, tzinfo=UTC)  # Friday evening in New York, Saturday night in London


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    use_installation(Installation())


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere.toml"
    written = OTHER.read_text("utf-8").replace("[groups]\n", "[groups]\nminutes = 50\n")
    path.write_text(f"{written}\n{ELSEWHERE}", "utf-8")
    return path


@pytest.fixture
def there(elsewhere: Path) -> Content:
    """The content of a process that serves it."""
    return Services(Settings.from_environment(EVERYTHING | {"CONTENT_FILE": str(elsewhere)}), lambda: MORNING).content


def test_a_file_that_says_nothing_is_in_london() -> None:
    assert content().installation == Installation(ZoneInfo("Europe/London"), "GB", 75, (content().groups.name,))
    assert content().region.times == "UK time"


def test_times_are_those_of_the_clocks_there(there: Content) -> None:
    assert moment_in_words(LATE) == there.dates.moment(LATE) == "Friday 1 September 2023, 10pm"
    assert (local_day(LATE), iso(LATE)) == ("2023-09-01", "2023-09-01T22:00:00-04:00")
    assert there.model_copy(update={"language": "cy"}).dates.time(LATE) == "22:00"


def written_session(**cells: object) -> tuple[Session | None, tuple[str, ...]]:
    read = read_session_row(Row(session_cells(**cells), "etag"), ())
    return read.written, read.problems


@pytest.mark.usefixtures("there")
def test_what_an_administrator_types_is_read_by_the_clocks_there() -> None:
    session, _ = written_session(Date="2023-09-08", Time="15:00", Minutes="")
    assert session is not None
    assert (session.starts, session.minutes) == (datetime(2023, 9, 8, 19, tzinfo=UTC), 50)
    _, problems = written_session(Time="soon")
    assert problems == ('Time is "soon". Write it as 15:00, in New York time.',)
    _, problems = written_session(Date="2023-03-12", Time="02:30")
    assert len(problems) == 1, "the clocks go forward there on that day, and not in London"


@pytest.mark.usefixtures("there")
def test_a_number_without_a_country_is_dialled_there() -> None:
    assert read_phone_number("(415) 626-5000") == "(415) 626-5000"
    with pytest.raises(ReadingError):
        read_phone_number("0151 473 0303")
    use_installation(Installation())
    assert read_phone_number("0151 473 0303") == "0151 473 0303"
    with pytest.raises(ReadingError):
        read_phone_number("(415) 626-5000")


def test_pages_and_emails_call_the_time_as_people_there_do(there: Content) -> None:
    for name in ("sessions", "choose a session", "booked", "own booking", "move"):
        text = show(name, there).text
        assert ("Eastern time" in text, "UK time" in text) == (True, False), name
    mail = MailRenderer(there).render("cancelled", to="a@b.example", **_cancelled())
    assert ("Eastern time" in mail.text, "UK time" in mail.text) == (True, False)


def _cancelled() -> dict[str, object]:
    from tests.unit.shared.mail.test_renderer import EVERY  # one of its examples

    return dict(next(facts for template, facts in EVERY if template == "cancelled"))


def test_the_developers_commands_go_by_the_file_that_they_are_given(elsewhere: Path) -> None:
    use_content_file(elsewhere)
    assert (here().clocks, here().session_minutes) == ("New York", 50)
    use_content_file()
    assert here() == content().installation, "that of the settings"
    use_content_file(elsewhere)
    use_content_file(elsewhere.with_name("missing.toml"))
    assert here().clocks == "New York", "the command says what is wrong with it"


def test_a_region_that_there_is_not_is_named(elsewhere: Path) -> None:
    written = elsewhere.read_text("utf-8")
    for right, wrong, said in [
        ("America/New_York", "Europe/Northmoor", "region.time_zone .*is no time zone"),
        ('"US"', '"Wales"', "region.phone_country"),
        ("minutes = 50", "minutes = 0", "groups.minutes"),
    ]:
        elsewhere.write_text(written.replace(right, wrong), "utf-8")
        with pytest.raises(ContentError, match=said):
            load_content(elsewhere)
