"""One emulator for all the tests of this folder, as it was at the start before each of them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.communication.email import EmailClient
from azure.core.credentials import AzureKeyCredential

from local.clock import LocalClock, set_clock
from local.mail import Emulator, running_emulator
from tests.unit.local.mail.message_builders import ACCESS_KEY, NOTIFY_KEY, NOTIFY_TEMPLATE, SENDER

START = datetime(2023, 9, 8, 14, 0, 0, tzinfo=UTC)
# So slow that it stands still: it moves when a test moves it.
STANDING_STILL = 1e-9


@pytest.fixture(scope="package")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail") / "clock.json"


@pytest.fixture(scope="package")
def one_emulator(clock_file: Path) -> Iterator[Emulator]:
    set_clock(clock_file, at=START, speed=STANDING_STILL)
    with running_emulator(
        senders=[SENDER],
        access_key=ACCESS_KEY,
        notify_key=NOTIFY_KEY,
        clock_file=clock_file,
        notify_template_id=NOTIFY_TEMPLATE,
    ) as running:
        yield running


@pytest.fixture
def emulator(one_emulator: Emulator, clock_file: Path) -> Emulator:
    set_clock(clock_file, at=START, speed=STANDING_STILL)
    one_emulator.reset()
    return one_emulator


@pytest.fixture
def advance(emulator: Emulator, clock_file: Path) -> Callable[[timedelta], None]:
    """Moves the emulator's clock on."""
    clock = LocalClock(clock_file)

    def move(by: timedelta) -> None:
        set_clock(clock_file, at=clock() + by, speed=STANDING_STILL)

    return move


@pytest.fixture
def client(emulator: Emulator) -> Iterator[EmailClient]:
    """The real client, as the service configures it: it never retries by itself."""
    with EmailClient(emulator.url, AzureKeyCredential(ACCESS_KEY), retry_total=0, read_timeout=60) as real:
        yield real
