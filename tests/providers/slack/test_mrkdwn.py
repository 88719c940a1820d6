"""Markup, blocks and attachments in readable text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.slack.blocks import DEEPEST, markup
from services.slack.mrkdwn import escape, render
from tests.providers.slack.material import told, webhook

TOKENS = {
    "Hello <@U09>": "Hello @U09",
    "<@U09|ana>, <@W10|@bo>": "@ana, @bo",
    "<#C03|ops> <#C04|> <#C05>": "#ops #C04 #C05",
    "<!subteam^S12|@dev> <!subteam^S13>": "@dev @S13",
    "<!here> <!channel|channel> <!everyone>": "@here @channel @everyone",
    "<!date^1767600000^{date}^https://x.example|5 Jan>": "5 Jan",
    "<!date^1767600000^{date}>": "2026-01-05T08:00:00Z",
    "<!date^soon^{date}><!date><!date^99999999999999999999^x>": "",
    "<!tomorrow|of tomorrow> <!bare>": "of tomorrow @bare",
    "<https://ex.org>": "https://ex.org",
    "<https://ex.org|ex.org>": "https://ex.org",
    "<https://ex.org/|ex.org>": "https://ex.org/",
    "<https://ex.org/a|the doc>": "the doc (https://ex.org/a)",
    "<https://ex.org/?a=1&amp;b=2>": "https://ex.org/?a=1&b=2",
    "<mailto:ana@example.com|ana@example.com>": "ana@example.com",
    "<mailto:ana@example.com|Ana>": "Ana (ana@example.com)",
    "<tel:+49301|030 1>": "030 1 (+49301)",
    "&amp;lt; &lt;b&gt; &amp;amp; &quot;": "&lt; <b> &amp; &quot;",
    "a &lt;@U09&gt; b": "a <@U09> b",
    "`<@U09>` ```<!here> &amp;```": "`@U09` ```@here &```",
    "*b* _i_ ~s~ :tada:": "*b* _i_ ~s~ :tada:",
    "a < b > c <": "a  b  c <",
    "<> <|x> <@> <#> <!>": "<> x @ # @",
    "<a\nb>": "<a\nb>",
    "": "",
}


@pytest.mark.parametrize(("source", "text"), TOKENS.items())
def test_8_a_token_becomes_readable(source: str, text: str) -> None:
    assert render(source).text == text


def test_8_who_is_called_is_told_once_and_never_from_code() -> None:
    found = render(
        "<@U2> <@U1|ana> <@U1> `<@U3>` ```<!here> <!subteam^S1>``` <!subteam^S2> <!here>"
    )
    assert [(it.id, it.name) for it in found.mentions.values()] == [("U2", ""), ("U1", "ana")]
    assert (list(found.groups), list(found.loud)) == (["S2"], ["here"])


def test_8_code_that_is_not_closed_lasts_to_the_end() -> None:
    assert not render("```open <@U1>").mentions
    assert render("a ` b <@U1>").mentions


@given(st.text())
def test_8_escaped_text_is_read_as_it_was(text: str) -> None:
    assert render(escape(text)).text == text


@given(st.text(alphabet="<>@#!|&;`^\nabU1:/ampltg "))
def test_8_no_markup_breaks_the_reader(source: str) -> None:
    found = render(source)
    assert all(found.mentions)


@pytest.mark.parametrize("source", ["<" * 200_000, "`" * 200_001, "&" * 200_000, "<@U1" * 50_000])
@pytest.mark.timeout(5)
def test_8_hostile_markup_takes_no_longer_than_its_length(source: str) -> None:
    assert render(source).text


def test_10_blocks_are_read_where_there_is_no_text() -> None:
    (message,) = told(webhook("message.blocks_rich_text"))
    assert message.content.startswith("Hello @U09 & <all>, see #C03 @S12 @here doc (https://ex.org")
    assert [it.id for it in message.mentions] == ["U09"]
    assert told(webhook("message.blocks_lists"))[0].content.splitlines() == [
        "• one",
        "• two",
        "1. first",
        "2. second",
        "said",
        "```x < y```",
    ]


def test_10_text_comes_before_blocks() -> None:
    assert told(webhook("message.blocks_beside_text"))[0].content == "what counts is the text"


def test_10_attachments_are_read_last() -> None:
    assert told(webhook("message.attachment_fallback"))[0].content == "Only a fallback & no more"
    assert told(webhook("message.attachment_blocks"))[0].content == "inside an attachment"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "fields", "title", "blocks", "style"]),
            inner | st.sampled_from(["rich_text", "section", "rich_text_section", "text", "link"]),
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.lists(ANYTHING, max_size=3), st.lists(ANYTHING, max_size=3))
def test_10_blocks_of_any_shape_are_read_or_skipped(blocks: list[Any], others: list[Any]) -> None:
    render(markup(blocks, others))


def test_10_nesting_ends_somewhere() -> None:
    deep: dict[str, Any] = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "x"}],
    }
    for _ in range(DEEPEST + 5):
        deep = {"type": "rich_text_list", "elements": [deep]}
    assert markup([{"type": "rich_text", "elements": [deep]}], []) == ""
