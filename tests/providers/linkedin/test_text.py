"""The little text format, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.linkedin.text import escaped, plain
from shared.normalizer import Person


@given(st.text())
def test_what_is_written_is_read_as_it_was(text: str) -> None:
    assert plain(escaped(text)) == (text, ())


@pytest.mark.parametrize(
    ("commentary", "text"),
    [
        (r"{hashtag|\#|jobs}", "#jobs"),
        (r"{hashtag|#|jobs}", "#jobs"),
        ("#free and {left", "#free and {left"),
        (r"\(escaped\) \\ twice", "(escaped) \\ twice"),
        ("@[no urn]", "@[no urn]"),
        ("", ""),
    ],
)
def test_a_readers_text(commentary: str, text: str) -> None:
    assert plain(commentary).text == text


def test_who_is_mentioned_twice_is_mentioned_once() -> None:
    told = plain(r"@[A \[B\]](urn:li:person:x) @[A \[B\]](urn:li:person:x)")
    assert told == ("@A [B] @A [B]", (Person("urn:li:person:x", "A [B]"),))
