"""Documents as text, text as documents, and documents that were made to break a reader."""

from typing import Any

import pytest

from services.jira.adf import DEEPEST, read
from services.jira.writes import document
from shared.normalizer import Person


def doc(*nodes: Any) -> Any:
    return {"type": "doc", "version": 1, "content": list(nodes)}


def para(*nodes: Any) -> Any:
    return {"type": "paragraph", "content": list(nodes)}


def text(words: Any, **more: Any) -> Any:
    return {"type": "text", "text": words, **more}


@pytest.mark.parametrize("words", ["", "a", "a\nb", "a\n\nb", " a ", "\u65e5\u672c \U0001f680"])
def test_what_is_written_is_read_again(words: str) -> None:
    told, people = read(document(words))
    assert told.replace("\n\n", "\n") == words.strip("\n").replace("\n\n", "\n")
    assert people == ()


def test_an_empty_text_node_is_never_written() -> None:
    """Jira refuses them."""
    assert document("a\n\nb")["content"][1] == {"type": "paragraph", "content": []}


def test_7_a_description_may_be_missing_text_or_a_document() -> None:
    assert read(None) == ("", ())
    assert read({}) == ("", ())
    assert read("h1. As it *is*") == ("h1. As it *is*", ())
    assert read(doc(para(text("x")))) == ("x", ())


def test_7_a_mention_in_text_is_by_id_alone() -> None:
    _, people = read("[~accountid:712020:aa-bb] [~accountid:712020:aa-bb] [~ada] [~accountid:]")
    assert people == (Person(id="712020:aa-bb"),)


@pytest.mark.parametrize(
    ("attrs", "told", "people"),
    [
        ({"id": "1", "text": "@Ada Park"}, "@Ada Park", (Person("1", "Ada Park"),)),
        ({"id": "1", "text": "Ada"}, "@Ada", (Person("1", "Ada"),)),
        ({"id": "1", "text": ""}, "@1", (Person("1"),)),
        ({"id": "1"}, "@1", (Person("1"),)),
        ({"text": "@all"}, "@all", ()),
        ({"id": 7, "text": "@Ada"}, "@Ada", ()),
        (None, "@", ()),
    ],
)
def test_9_a_mention_is_whoever_can_be_named(
    attrs: Any, told: str, people: tuple[Person, ...]
) -> None:
    assert read(doc(para({"type": "mention", "attrs": attrs}))) == (told, people)


@pytest.mark.parametrize(
    "node",
    [
        {"type": "text"},
        {"type": "text", "text": 7},
        {"type": "text", "text": None, "marks": 7},
        {"type": "text", "text": "", "marks": [7, None, {"type": "link"}]},
        {"type": "emoji"},
        {"type": "date", "attrs": {"timestamp": "soon"}},
        {"type": "date", "attrs": {"timestamp": "9" * 400}},
        {"type": "date", "attrs": {"timestamp": 7}},
        {"type": "status", "attrs": []},
        {"type": "inlineCard", "attrs": {"data": {"url": "x"}}},
        {"type": ["text"]},
        {"type": None, "content": 7},
        {"type": "bulletList", "content": [7, None]},
        {"type": "table", "content": {}},
        {},
    ],
)
def test_8_a_node_that_is_broken_is_left_out(node: Any) -> None:
    told, _ = read(doc(para(text("before"), node, text("after"))))
    assert told in ("beforeafter", "before\nafter")


def test_8_what_lies_too_deep_is_left_out() -> None:
    node: Any = text("far below")
    for _ in range(DEEPEST - 2):
        node = {"type": "panel", "content": [node]}
    assert read(doc(node))[0] == "far below"
    for kind in ("panel", "bulletList", "listItem", "blockquote", "nodeOfTomorrow"):
        deep = node
        for _ in range(400):
            deep = {"type": kind, "content": [deep]}
        assert "far below" not in read(doc(deep))[0]


def test_a_wide_document_is_read_in_one_go() -> None:
    told, _ = read(doc(*[para(text("x")) for _ in range(20_000)]))
    assert told.count("x") == 20_000
