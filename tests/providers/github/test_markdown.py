"""Mentions and uploads, and that no text takes long to read."""

import time

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


@pytest.mark.parametrize(
    "text",
    [
        "<",
        "<!--",
        "<code>",
        "@a",
        "**@a_",
        "[",
        "[a](@",
        "https://",
        "https://a/",
        "`",
        ">_",
        "*",
        "_@a_",
        "@a-",
        "<a",
        "![](@",
        "&@;",
        "<pre>@",
    ],
)
def test_the_longest_text_that_github_takes_is_read_in_a_moment(text: str) -> None:
    began = time.perf_counter()
    text = text.replace("_", " ") if text.endswith("_") else text
    read("@https://" + text * (65_536 // len(text)))
    assert time.perf_counter() - began < 5
