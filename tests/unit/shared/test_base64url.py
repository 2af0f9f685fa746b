import pytest

from shared import base64url


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xfe", bytes(range(256))])
def test_bytes_come_back_from_their_text(data: bytes) -> None:
    text = base64url.encode(data)

    assert base64url.decode(text) == data
    assert not set(text) & set("+/=")


@pytest.mark.parametrize("text", ["-_8", "+/8", "-_8=", "+/8="])
def test_both_alphabets_are_read_with_and_without_padding(text: str) -> None:
    assert base64url.decode_any(text) == b"\xfb\xff"


@pytest.mark.parametrize("text", ["A", "AB=", "A+B/", "AB CD", "ABé"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        base64url.decode(text)
