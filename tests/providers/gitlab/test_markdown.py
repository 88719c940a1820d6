"""Who is mentioned, what was uploaded, and what would be carried out."""

import pytest

from services.gitlab.markdown import LONGEST, as_written, harmless, read
from services.gitlab.models import Project

HERE = Project(42, "acme/api", "https://gitlab.com/acme/api")
SECRET = "3b5d51f06f5f4bd1b1f1d2f3a4b5c6d7"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@lee can you check #5 and !3?", ["lee"]),
        ("@lee. And @noor, (@apark)!", ["lee", "noor", "apark"]),
        ("@a.b_c-d", ["a.b_c-d"]),
        ("@acme/backend/ops and @all", ["acme/backend/ops", "all"]),
        ("@Lee @lee", ["Lee"]),
        ("ada@example.com `@code` @@x a@b", []),
        ("```\n@fenced\n```\n@lee", ["lee"]),
        ("```\n@never closed", []),
        ("<!-- @hidden --> https://gitlab.com/@url", []),
        ("@project_42_bot_0a1b", ["project_42_bot_0a1b"]),
        ("", []),
    ],
)
def test_mentions(text: str, names: list[str]) -> None:
    assert [it.name for it in read(text, HERE)[0]] == names


def test_a_group_is_known_by_its_path_and_a_person_by_name_alone() -> None:
    person, group = read("@lee @acme/backend", HERE)[0]
    assert (person.id, group.id) == ("", "acme/backend")


def test_uploads_are_attachments_by_their_secret() -> None:
    text = f"![a](/uploads/{SECRET}/s.png) [b](/uploads/{SECRET}/s.png) /uploads/short/x"
    (file,) = read(text, HERE)[1]
    assert (file.id, file.name) == (SECRET, "s.png")
    assert file.url == f"https://gitlab.com/acme/api/uploads/{SECRET}/s.png"


@pytest.mark.parametrize(
    "root", ["", "https://gitlab.com/acme/api", "https://gitlab.com/-/project/42"]
)
def test_a_webhook_s_whole_address_of_an_upload_is_its_own_path(root: str) -> None:
    assert as_written(f"![a]({root}/uploads/{SECRET}/s.png)", HERE) == (
        f"![a](/uploads/{SECRET}/s.png)"
    )


def test_another_project_s_upload_stays_whole() -> None:
    text = f"https://gitlab.com/acme/other/uploads/{SECRET}/s.png"
    assert as_written(text, HERE) == text


def test_what_is_far_down_is_not_looked_for() -> None:
    assert read("x" * LONGEST + " @lee", HERE) == ((), ())


@pytest.mark.parametrize(
    "text", ["`" * 60_000, "@a" * 30_000, "<!--" * 15_000, "@" + "a/" * 30_000]
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    read(text, HERE)  # the suite's own limit of time ends it where it does


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("/close", "\\/close"),
        ("Hello\n/assign @lee\nBye", "Hello\n\\/assign @lee\nBye"),
        ("/CLOSE\n/label ~bug", "\\/CLOSE\n\\/label ~bug"),
        ("/close\r\n", "\\/close\r\n"),
        ("/usr/bin is a path, and/or", "/usr/bin is a path, and/or"),
        ("see /close", "see /close"),
    ],
)
def test_21_a_quick_action_of_a_caller_is_only_text(text: str, safe: str) -> None:
    assert harmless(text) == safe
