"""The file that the provider saves: whole in every script, and readable by every programme."""

from shared.referrals.collection.download import as_text, file_name

ANSWERS = [("Name", "Ọ́káfọ̀ 李 أحمد"), ("What brings them here", "one\n\ntwo <b>\r\nthree")]


def test_every_answer_stands_under_its_question_in_any_script() -> None:
    text = as_text("34679CDF", ANSWERS).decode("utf-8-sig")

    assert text == (
        "Self-referral 34679CDF\r\n\r\nName\r\n  Ọ́káfọ̀ 李 أحمد\r\n\r\n"
        "What brings them here\r\n  one\r\n\r\n  two <b>\r\n  three\r\n"
    )


def test_a_programme_that_must_guess_the_encoding_is_told() -> None:
    assert as_text("34679CDF", ANSWERS).startswith(b"\xef\xbb\xbf")


def test_the_file_is_called_by_the_reference_alone() -> None:
    assert file_name("34679CDF") == "referral-34679CDF.txt"
