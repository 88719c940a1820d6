"""What a note says, read as the app reads it; each question of Obsidian's page by its number."""

import unicodedata
from typing import Any

import pytest
from msgspec import json

from services.obsidian import frontmatter, markdown
from services.obsidian.facts import lines
from services.obsidian.hidden import spans
from services.obsidian.models import Note, Stat, Told
from services.obsidian.normalize import note
from services.obsidian.paths import Places
from shared.errors import Unreadable
from shared.normalizer import Message
from tests.providers.obsidian.material import said, vault, walk


def told(text: str, path: str = "Note.md", **facts: object) -> Message:
    it = Note(path, text, Stat(mtime=1_767_600_000_000, size=len(text)))
    return note(Told(it, f"note:{path}", **facts))  # type: ignore[arg-type]  # what a test says


def listed(it: Message, name: str) -> list[str]:
    found: list[str] = json.decode(it.metadata.get(name, "[]"))
    return found


def test_1_a_note_without_properties_is_its_text() -> None:
    it = told("Just text.\n")
    assert (it.title, it.content, it.type, it.author) == ("Note", "Just text.", "note", None)
    assert set(it.metadata) == {"path", "sha256", "size"}


@pytest.mark.parametrize("before", ["\n", " ", "x\n", "\t"])
def test_2_dashes_that_are_not_in_the_first_line_begin_no_properties(before: str) -> None:
    text = before + "---\ntags: [no]\n---\nText"
    assert "tags" not in told(text).metadata
    assert "tags: [no]" in told(text).content


def test_3_a_byte_order_mark_hides_no_properties() -> None:
    it = told("\ufeff---\ntags: [yes-it-is]\n---\nText")
    assert (it.metadata["tags"], it.content) == ("yes-it-is", "Text")


def test_4_lines_may_end_with_two_characters() -> None:
    it = told("---\r\ntags: [a]\r\n---\r\n# H\r\n- [ ] do ^id-1\r\n")
    assert (it.metadata["tags"], it.content) == ("a", "# H\n- [ ] do ^id-1")
    assert (listed(it, "headings"), listed(it, "block_ids")) == (["H"], ["id-1"])


@pytest.mark.parametrize(
    "yaml",
    [
        "a: [b\n",
        "a: b: c\n",
        "\ta: 1\n",
        "a: !!python/object:os.system {}\n",
        "a: !x 1\n",
        "a: &x [1]\nb: *x\n",
        "a: " + "[" * 30 + "]" * 30 + "\n",
        "? [a]\n: b\n",
        "- a\n",
        "a: " + "x" * 70_000 + "\n",
        "a: !!int x\n",
        "a: '\\\n",
        "a: \x01\n",
    ],
)
def test_5_broken_properties_cost_nothing_but_themselves(yaml: str) -> None:
    it = told(f"---\n{yaml}---\nThe text. #tag")
    assert (it.content, it.metadata["tags"]) == ("The text. #tag", "tag")
    assert it.metadata["frontmatter_error"].startswith("the properties are ")
    assert "frontmatter" not in it.metadata


def test_6_values_are_told_as_they_are_written() -> None:
    text = "---\nd: 2026-01-05\nt: 2026-01-05T08:00:00\ny: yes\nb: true\nn: 0012\nf: 1.5\nc: 12:30\ne: 1e999\ns: !!set {a}\nk: {1: 2}\n---\n"
    assert json.decode(told(text).metadata["frontmatter"]) == {
        "d": "2026-01-05",
        "t": "2026-01-05T08:00:00",
        "y": "yes",
        "b": True,
        "n": "0012",
        "f": 1.5,
        "c": "12:30",
        "e": "1e999",
        "s": "{'a'}",
        "k": {"1": 2},
    }


@pytest.mark.parametrize(
    ("yaml", "tags"),
    [
        ("tags: [a, '#b', c/d, A]", "a,b,c/d"),
        ("tags: a, b c", "a,b,c"),
        ("tags: '#one'", "one"),
        ("tag: single", "single"),
        ("tags: 2026", ""),
        ("tags: ['2026', y2026]", "y2026"),
        ("tags:\n  - 7\n  - {a: b}", ""),
        ("tags:", ""),
    ],
)
def test_7_tags_are_a_list_or_words(yaml: str, tags: str) -> None:
    assert told(f"---\n{yaml}\n---\n").metadata.get("tags", "") == tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#1984", []),
        ("#y1984", ["y1984"]),
        ("#a/b #a/b/", ["a/b"]),
        ("#🎉 #日本", ["🎉", "日本"]),
        ("https://x.org/#frag [a](https://x.org/#b)", []),
        ("`#code` word#no \\#no", []),
        ("# Heading", []),
        ("#a #A", ["a"]),
        ("#a,#b (#c) #d.", ["a", "d"]),
        ("[[Note#part]] [[a|#b]]", []),
        ("# Heading #in", ["in"]),
        ("  #tab\n> #quoted", ["tab", "quoted"]),
        ("##no #", []),
    ],
)
def test_8_what_is_a_tag(text: str, tags: list[str]) -> None:
    assert markdown.read(text).tags == tags


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[[Note]]", ["Note"]),
        ("[[Note.md]]", ["Note.md"]),
        ("[[folder/Note]]", ["folder/Note"]),
        ("[[Note|shown]]", ["Note"]),
        ("[[Note#Heading]]", ["Note#Heading"]),
        ("[[Note#H1#H2|shown]]", ["Note#H1#H2"]),
        ("[[#Heading]]", ["#Heading"]),
        ("[[Note#^id]]", ["Note#^id"]),
        ("| a | [[Note\\|shown]] |", ["Note"]),
        ("[a](Other%20note.md#Part%201)", ["Other note.md#Part 1"]),
        ("[a](<Other note.md>)", ["Other note.md"]),
        ('[a](b.md "title")', ["b.md"]),
        ("[a](b_(c).md)", ["b_(c).md"]),
        ("[a](https://x.org) [b](mailto:a@x.org) [c](//x.org) [d]()", []),
        ("[[]] [[a]b]] [[a\nb]] [[a", []),
        ("`[[code]]` ``[[a`]]``", []),
    ],
)
def test_9_what_is_a_link(text: str, links: list[str]) -> None:
    assert [str(it) for it in markdown.read(text).links] == links


def test_10_of_two_notes_of_one_name_the_nearest_is_meant() -> None:
    places = Places(["a/Twin.md", "b/Twin.md", "b/c/Deep.md", "Top.md", "b/c/Top.md"])
    assert places.resolve("Twin", "b/Here.md") == "b/Twin.md"
    assert places.resolve("Twin", "a/Here.md") == "a/Twin.md"
    assert places.resolve("Twin", "Here.md") == "a/Twin.md"
    assert places.resolve("b/Twin", "a/Here.md") == "b/Twin.md"
    assert places.resolve("c/Deep", "a/Here.md") == "b/c/Deep.md"
    assert places.resolve("Top", "a/Here.md") == "Top.md"
    assert places.resolve("twin", "b/Here.md") == "b/Twin.md"
    assert places.resolve("../a/Twin.md", "b/Here.md") == "a/Twin.md"
    assert places.resolve("/Top", "b/c/Here.md") == "Top.md"
    assert places.resolve("../../etc/passwd", "b/Here.md") == ""


def test_10b_a_link_leads_to_a_name_that_is_written_apart() -> None:
    composed, apart = (unicodedata.normalize(it, "Café.md") for it in ("NFC", "NFD"))
    assert Places([apart]).resolve("Caf\u00e9", "a.md") == apart
    assert Places([composed]).resolve("Cafe\u0301", "a.md") == composed


def test_11_a_link_that_leads_nowhere_is_told_as_such_and_one_to_itself_not_at_all() -> None:
    it = told("[[Gone]] [[Gone#Part]] [[#Here]] [[There]]", files={"There": "x/There.md"})
    assert listed(it, "links") == ["x/There.md"]
    assert listed(it, "unresolved_links") == ["Gone", "Gone#Part"]


def test_12_an_embedded_file_is_attached_and_an_embedded_note_is_linked() -> None:
    files = {"a.png": "Files/a.png", "b.pdf": "b.pdf", "Note": "Note.md", "c.canvas": "c.canvas"}
    text = "![[a.png|100x145]] ![x](a.png) ![[b.pdf#page=3]] ![[Note]] ![[c.canvas]] ![[lost.gif]]"
    it = told(text, files=files)
    assert [(one.id, one.type) for one in it.attachments] == [
        ("Files/a.png", "image/png"),
        ("b.pdf", "application/pdf"),
    ]
    assert listed(it, "links") == ["Note.md", "c.canvas"]
    assert listed(it, "unresolved_links") == ["lost.gif"]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("A paragraph ^one", ["one"]),
        ("- a\n- b ^two", ["two"]),
        ("- a\n\n^three", ["three"]),
        ("| a |\n|---|\n| b |\n\n^f-4", ["f-4"]),
        ("> q\n\n^q-1  ", ["q-1"]),
        ("no ^id here, 2^8, ^no_underscore", []),
        ("`^code`", []),
    ],
)
def test_13_what_is_the_id_of_a_block(text: str, ids: list[str]) -> None:
    assert markdown.read(text).blocks == ids


@pytest.mark.parametrize(
    "text",
    [
        "````\n```\n#no [[no]]\n```\n#no\n````",
        "```\n#no [[no]] - [ ] no",
        "~~~ js\n#no\n~~~",
        "- a\n  ```\n  #no\n  ```",
        "> ```\n> #no [[no]]\n> ```",
        "para\n\n    #no [[no]]",
        "`#no\n[[no]]`",
        "%% #no [[no]] %%",
        "%%\n\n#no\n\n%%",
        "<!-- #no\n[[no]] -->",
        "$$\n#no\n$$",
        "$x #no [[no]]$",
    ],
)
def test_14_in_code_comments_and_formulas_nothing_counts(text: str) -> None:
    it = markdown.read(text)
    assert (it.tags, it.links, it.tasks) == ([], [], {})
    more = markdown.read(f"#yes\n\n{text}")
    assert more.tags == ["yes"]


def test_what_is_said_in_a_comment_is_not_told() -> None:
    assert told("Open %%secret%% text\n%%\nmore secret\n\n# Heading\n%%").content == "Open  text"
    assert listed(told("%%\n# Secret\n%%\n# Open"), "headings") == ["Open"]
    assert told("100%% sure").content == "100%% sure"


def test_what_begins_first_hides_the_other() -> None:
    assert told("`%%` kept `%%`").content == "`%%` kept `%%`"
    assert told("%%`%% kept `").content == " kept `"


def test_tasks_are_counted_by_what_is_between_their_brackets() -> None:
    it = told(
        "- [ ] a\n* [x] b\n+ [X] c\n1. [ ] d\n  - [?] e\n> - [ ] f\n- [] no\n- [xx] no\n[ ] no\n"
    )
    tasks = {name: it.metadata[f"tasks_{name}"] for name in ("open", "done", "other")}
    assert tasks == {"open": "3", "done": "2", "other": "1"}


def test_aliases_keep_their_blanks() -> None:
    assert listed(told("---\naliases: [A b, C]\n---\n"), "aliases") == ["A b", "C"]
    assert listed(told("---\nalias: A b, C\n---\n"), "aliases") == ["A b", "C"]


@pytest.mark.parametrize(
    ("yaml", "name"),
    [("author: Bo", "Bo"), ("author: '[[Bo]]'", "Ana"), ("author: [a]", "Ana"), ("x: y", "Ana")],
)
def test_the_author_is_whom_the_note_names_else_the_owner(yaml: str, name: str) -> None:
    author = told(f"---\n{yaml}\n---\n", owner="Ana").author
    assert author is not None
    assert author.name == name


def test_who_is_linked_in_the_folder_of_people_is_mentioned() -> None:
    files = {"Mia": "People/Mia.md", "Plan": "Plan.md"}
    text = '---\nlead: "[[Mia]]"\n---\n[[Plan]]'
    assert [it.name for it in told(text, files=files, people="people/").mentions] == ["Mia"]
    assert told(text, files=files).mentions == ()


def test_a_link_opens_the_note_in_the_app() -> None:
    it = told("x", path="A & B/Ü.md", vault="My vault")
    assert it.url == "obsidian://open?vault=My%20vault&file=A%20%26%20B%2F%C3%9C.md"
    assert told("x").url == ""


@pytest.mark.parametrize("mtime", [1e17, -1e17])
def test_a_time_that_no_calendar_knows_is_unreadable(mtime: float) -> None:
    with pytest.raises(Unreadable):
        note(Told(Note("a.md", "", Stat(mtime=mtime)), "note:a.md"))


def test_a_very_long_note_is_cut_and_says_so() -> None:
    text = "word " * 60_000 + "#late"
    it = told(text)
    assert len(it.content) <= markdown.LONGEST
    assert it.metadata["content_bytes"] == str(len(text))
    assert "tags" not in it.metadata


def test_metadata_stays_small_whatever_stands_in_a_note() -> None:
    text = "\n".join(
        f"# {'h' * 400}{n} [[{'l' * 400}{n}]] #t{n}\n\ntext ^b{n}\n" for n in range(250)
    )
    it = told(f"---\nbig: {'x' * 50_000}\n---\n{text}")
    assert len(listed(it, "headings")) == len(listed(it, "unresolved_links")) == 200
    assert max(map(len, listed(it, "headings"))) == 200
    assert "frontmatter" not in it.metadata
    assert sum(map(len, it.metadata.values())) < 150_000


HOSTILE = {
    "brackets": "[" * 200_000,
    "open links": "[[" * 100_000,
    "open Markdown links": "[a](" * 50_000,
    "backticks": "".join("`" * n + " " for n in range(600)),
    "comments without end": "<!--" * 50_000,
    "percent signs": "%%" * 100_000,
    "dollars": "$a" * 100_000,
    "quotes": "> " * 100_000,
    "lists": "- " * 100_000,
    "embeds": "![[" * 60_000,
    "carets": " ^a" * 80_000,
    "dashes": "---\n" * 50_000,
    "YAML lists": "---\n" + "- " * 20_000 + "\n---\n",
    "YAML braces": "---\n" + "{" * 20_000 + "\n---\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.timeout(20)
def test_text_that_is_meant_to_hurt_does_not(text: str) -> None:
    markdown.read(frontmatter.read(lines(text)).body)
    markdown.targets(text)


class Counting(str):
    """A text that counts how often it is searched through."""

    looks = 0

    def find(self, *given: Any) -> int:
        Counting.looks += 1
        return super().find(*given)


@pytest.mark.parametrize("sign", ["<!--", "$$ x", "%% "])
def test_what_never_ends_is_looked_for_once(sign: str) -> None:
    Counting.looks = 0
    text = sign * 1_001
    assert len(spans(Counting(text)).ignored) == (0 if sign == "<!--" else 500)
    assert Counting.looks < 1_000
    assert sign != "<!--" or Counting.looks == 1


@pytest.mark.anyio
async def test_every_golden_is_of_the_type_that_is_declared() -> None:
    assert {it.type for it in said(await walk(vault().api))} == {"note"}
