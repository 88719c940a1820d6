"""Which files are read as text, and what is read of them."""

from hashlib import sha256

import pytest
from msgspec import convert

from services.dropbox import text
from services.dropbox.calls import written
from services.dropbox.hashing import BLOCK, content_hash
from services.dropbox.text import AT_ONCE, LARGEST, Head
from shared.errors import ItemGone, Refused, Unavailable
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.dropbox.material import recorded

pytestmark = pytest.mark.anyio


def head(name: str = "a.txt", size: int = 3) -> Head:
    return Head(name, "id:1", "abcdef0123", size)


ASKED = [
    ("a.txt", 3, True),
    ("A.TXT", 3, True),
    ("a.b.md", 3, True),
    (".txt", 3, True),
    ("a.txt", LARGEST, True),
    ("a.txt", LARGEST + 1, False),
    ("a.txt", 0, False),
    ("txt", 3, False),
    ("a.pdf", 3, False),
    ("a.html", 3, False),
    ("a.txt.zip", 3, False),
    ("a.", 3, False),
    ("", 3, False),
]


@pytest.mark.parametrize(("name", "size", "wanted"), ASKED)
def test_small_files_with_the_name_of_a_text_are_read(name: str, size: int, wanted: bool) -> None:
    assert bool(text.asked(head(name, size))[0]) is wanted


def test_20_a_document_of_dropbox_is_had_as_markdown_and_those_of_others_not_at_all() -> None:
    paper, gdoc = (convert(recorded(f"file/{it}")["file"], Head) for it in ("paper", "gdoc"))
    wish = {"path": paper.id, "export_format": "markdown"}
    assert text.asked(paper) == ("/2/files/export", wish)
    assert text.asked(gdoc) == ("", {})
    assert text.asked(convert(recorded("file/not_exportable")["file"], Head)) == ("", {})


PLAIN = [
    (b"a\r\nb\rc\n", "a\nb\nc"),
    (b"\xef\xbb\xbfmarked", "marked"),
    ("wide \u00fc".encode("utf-16"), "wide \u00fc"),
    ("\ufeffbig".encode("utf-16-be"), "big"),
    (b"caf\xe9 and more of it", "caf\ufffd and more of it"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ""),
    (bytes(range(128, 256)), ""),
    (b"", ""),
    (b"x" * (LARGEST + 9), "x" * LARGEST),
]


@pytest.mark.parametrize(("data", "expected"), PLAIN, ids=range(len(PLAIN)))
def test_bytes_become_text_and_what_is_none_is_left_out(data: bytes, expected: str) -> None:
    assert text.plain(data) == expected


async def test_a_text_that_is_not_given_is_left_out_and_one_that_is_late_is_waited_for() -> None:
    for error in (ItemGone(), Refused()):
        assert await text.of(FakeApi({("GET", "/2/files/download"): error}), head()) == ""
    with pytest.raises(Unavailable):
        await text.of(FakeApi({("GET", "/2/files/download"): Unavailable()}), head())
    api = FakeApi({("GET", "/2/files/download"): Answer(b"hi")})
    assert await text.of(api, head()) == "hi"
    assert api.asked[0].params == {"arg": '{"path":"rev:abcdef0123"}'}


async def test_texts_are_read_together_and_stay_in_their_order() -> None:
    def each(call: Call) -> Answer:
        return Answer(call.params["arg"].encode())

    heads = [Head(f"{n}.txt", "id:1", f"abcdef{n:03d}", n % 3) for n in range(AT_ONCE * 2 + 1)]
    found = await text.of_each(FakeApi({("GET", "/2/files/download"): each}), heads)
    assert [it[-6:-2] for it in found] == [it.rev[-4:] if it.size else "" for it in heads]
    with pytest.raises(Unavailable):
        await text.of_each(FakeApi({("GET", "/2/files/download"): Unavailable()}), heads)


def test_17_an_argument_is_ascii_whatever_the_name() -> None:
    told = written({"path": "/\u00fc \U0001f389 \x7f.txt"})
    assert told == '{"path":"/\\u00fc \\ud83c\\udf89 \\u007f.txt"}'
    assert told.isascii()
    assert written(None) == "null"


HASHES = [
    (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (b"a" * BLOCK + b"b", "565546ad93383e225e7cf808fb4d527a54dec54826a5c34a24c1f19a03c62583"),
    (b"a" * BLOCK, sha256(sha256(b"a" * BLOCK).digest()).hexdigest()),
]


@pytest.mark.parametrize(("content", "expected"), HASHES, ids=["nothing", "4 MiB + 1", "4 MiB"])
def test_16_the_hash_of_a_file_is_that_of_its_blocks(content: bytes, expected: str) -> None:
    assert content_hash(content) == expected
