"""Who is meant: by a member's profile, by a handle, by an id alone, or by an integration's own words."""

from typing import Any

import pytest
from msgspec import Raw, json

from services.linear.build import below
from services.linear.markdown import LONGEST, read
from services.linear.people import DIRECTORY, beside, bot
from shared.normalizer import Person
from shared.types import Record
from tests.providers.linear.material import ADA, members, named, webhook


def mentioned(text: str) -> list[str]:
    return [it.name for it in read(text, members())[0]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada", ["Ada Park"]),
        ("cc @ada, @lee.", ["Ada Park", "Lee Fox"]),
        ("(@ada)", ["Ada Park"]),
        ("@ada @ada https://linear.app/acme/profiles/ada", ["Ada Park"]),
        ("@stranger", ["stranger"]),
        ("https://linear.app/acme/profiles/lee", ["Lee Fox"]),
        ("[Lee](https://linear.app/acme/profiles/lee) and", ["Lee Fox"]),
        ("a@ada b/@ada ada@example.com x.@ada", []),
        ("https://example.com/@ada and http://x/profiles/lee", []),
        ("https://example.com/?q=@ada", []),
        ("`@ada` ``` @lee", []),
        ("```\n@ada\n```\n@lee", ["Lee Fox"]),
        ("@", []),
        ("", []),
        ("@-ada @.lee", []),
        ("x" * LONGEST + " @ada", []),
    ],
)
def test_a_mention_is_a_profile_or_a_handle_outside_of_code(text: str, names: list[str]) -> None:
    assert mentioned(text) == names


def test_a_text_made_to_hold_up_a_parser_does_not() -> None:
    for text in ("@" * 60_000, "[" * 60_000, "`" * 60_000, "https://" * 8_000, "@a." * 20_000):
        read(text, {})


def test_an_upload_is_told_once_and_without_its_signature() -> None:
    link = "https://uploads.linear.app/o/a/1"
    _, found = read(f"![a b.png]({link}?signature=x.y-z) [c]({link}) {link}.", {})
    assert [(it.id, it.name, it.url) for it in found] == [("o/a/1", "a b.png", link)]
    assert read(f"`{link}`", {})[1] == ()
    assert read("https://uploads.linear.app.example.com/x", {})[1] == ()


def test_the_directory_is_asked_for_ids_and_handles_only() -> None:
    row = {"creatorId": ADA, "teamId": "t-1", "description": "@lee see /profiles/kim mail@x.org"}
    assert DIRECTORY.ids(Record("Issue", Raw(json.encode(row)))) == {ADA, "@lee", "@kim"}
    assert DIRECTORY.ids(Record("Issue", Raw(b'{"creatorId":null}'))) == set()


def test_whom_nobody_knows_stays_an_id() -> None:
    body = webhook("Issue.create.ids_alone")
    record = Record("Issue", Raw(json.encode(body["data"])))
    assert b'"names"' not in bytes(record.payload)
    assert b'"names"' in bytes(named(record).payload)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (b'{"a":1}', {"url": "u", "a": 1}),
        (b' \n{ "a": 1 }', {"url": "u", "a": 1}),
        (b"{}", {"url": "u"}),
        (b'{"url":"own"}', {"url": "own"}),
    ],
)
def test_members_stand_in_front_and_its_own_ones_win(row: bytes, expected: Any) -> None:
    assert json.decode(beside(row, url="u")) == expected


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (None, None),
        ("", None),
        ("Sentry", "Sentry"),
        ('{"name":"GitHub","type":"github"}', "GitHub"),
        ('{"name":null,"type":"workflow"}', "workflow"),
        ('{"name":null}', None),
    ],
)
def test_an_integration_is_called_by_name_or_by_kind(told: str | None, name: str | None) -> None:
    found = bot(told)
    assert found == (Person(f"bot:{name}", name) if name else None)


def test_what_something_stands_at_is_the_first_that_is_known() -> None:
    assert below(comment=None, issue="i-1", project="p-1") == "issue:i-1"
    assert below(comment=None) == ""
