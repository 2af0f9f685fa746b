"""What each setting takes is said in words, for whoever has to correct it."""

import pytest

from shared.config.settings import Settings

EXPECTED = Settings.expected_values()


def test_every_setting_says_what_it_takes_in_words_of_its_own() -> None:
    assert EXPECTED.keys() == Settings.names()
    assert [name for name, words in EXPECTED.items() if words == "another value"] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SERVICE_ROLE", "web, worker or all"),
        ("SITE_URL", "a web address"),
        ("CHECK_WEEKDAYS", "a whole number from 1 to 20"),
        ("MAILS_PER_HOUR", "a whole number from 0"),
        ("BOOKINGS_STORAGE__credential", "managedidentity"),
        ("BOOKINGS_STORAGE__tableServiceUri", "a web address that begins with https://"),
        ("LINK_KEY", "at least 32 random bytes in base64url"),
        ("LINK_KEY_PREVIOUS", "at least 32 random bytes in base64url"),
        ("REFERRAL_RECIPIENT", "one email address"),
        ("CLOSED", "bookings, one-to-one, or both with a comma between"),
        ("CONTENT_FILE", "the path of a file, from the project's root"),
    ],
)
def test_the_words_follow_from_the_type(name: str, words: str) -> None:
    assert EXPECTED[name] == words
