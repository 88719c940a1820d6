"""Mentions and uploads, and that no text takes long to read."""

import sys
from types import FrameType

import pytest

from services.github.markdown import read
from shared.normalizer import Attachment, Person


def named(text: str) -> list[str]:
    return [person.name for person in read(text)[0]]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("@mona", ["mona"]),
        ("(@mona), @hubot.", ["mona", "hubot"]),
        ("**@mona** and > @hubot", ["mona", "hubot"]),
        ("@Mona and @mona", ["Mona"]),
        ("@acme/backend @acme", ["acme/backend", "acme"]),
        ("@mona_acme", ["mona_acme"]),
        ("@a-b-c", ["a-b-c"]),
        ("@" + "a" * 39, ["a" * 39]),
        ("@" + "a" * 40, []),
        ("@a--b @-a @a- @@a a@b", []),
        ("me@example.com", []),
        ("https://example.com/@mona?x=@hubot", []),
        ("[see @mona](https://example.com)", []),
        ("`@mona` and\n\n    @hubot", []),
        ("```\n@mona\n```", []),
        ("~~~ruby\n@ivar\n~~~", []),
        ("<!-- @mona --> text", []),
        ("<details><summary>@mona</summary>\n<code>@no</code></details>", ["mona"]),
        ("<a href='@mona'>x</a>", []),
        ("foo/@bar", []),
    ],
)
def test_who_is_mentioned(text: str, who: list[str]) -> None:
    assert named(text) == who


def test_a_user_is_known_by_login_and_a_team_by_both_names() -> None:
    assert read("@mona @acme/backend")[0] == (
        Person(name="mona"),
        Person("acme/backend", "acme/backend"),
    )


HOST = "https://github.com"


@pytest.mark.parametrize(
    ("text", "upload"),
    [
        (f"![x]({HOST}/user-attachments/assets/ab-1)", ("assets/ab-1", "", "/assets/ab-1")),
        (f'<img src="{HOST}/user-attachments/assets/ab-1">', ("assets/ab-1", "", "/assets/ab-1")),
        (f"{HOST}/user-attachments/files/12/a.log.", ("files/12/a.log", "a.log", "/a.log")),
        (f"[log]({HOST}/acme/api/files/12/a.log)", ("files/12/a.log", "a.log", "/a.log")),
        (
            "![](https://user-images.githubusercontent.com/1/a.png)",
            ("1/a.png", "a.png", "/a.png"),
        ),
    ],
)
def test_an_upload_is_found(text: str, upload: tuple[str, str, str]) -> None:
    ((found,),) = (read(text)[1],)
    assert isinstance(found, Attachment)
    assert (found.id, found.name) == upload[:2]
    assert found.url.endswith(upload[2])


def test_an_upload_in_code_is_none_and_one_that_is_repeated_is_one() -> None:
    url = f"{HOST}/user-attachments/assets/ab-1"
    assert read(f"`{url}`")[1] == ()
    assert len(read(f"{url} {url}")[1]) == 1


@pytest.mark.parametrize("text", ["[[](", "[*", "- - - - - - - a\n", "1. a\n"])
def test_the_worst_text_costs_a_bounded_amount_of_work(text: str) -> None:
    assert calls("@https://" + text * (262_144 // len(text))) < 1_500_000


def calls(text: str) -> int:
    """How many functions are called to read it."""
    n = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal n
        n += event == "call"

    sys.setprofile(count)
    try:
        read(text)
    finally:
        sys.setprofile(None)
    return n


def test_a_mention_deep_in_the_longest_log_is_found() -> None:
    log = "2026-01-01T00:00:00.000Z [worker-1] INFO handled one more request in 12 ms\n" * 850
    assert named(f"```\n{log}```\n\ncc @mona") == ["mona"]
