"""What a note says in Obsidian's Markdown: links, embeds, tags, tasks, headings, and no comments.

https://help.obsidian.md/obsidian-flavored-markdown
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

from services.obsidian.hidden import Hidden, blank, spans

LONGEST = 250_000
"""Characters in which links and tags are looked for; what is told of a note ends not much later."""

_blocks = MarkdownIt("commonmark")
_blocks.core.ruler.enableOnly(["normalize", "block"])
_blocks.block.ruler.disable("reference")

_WIKI = re.compile(r"(?P<embed>!?)\[\[(?P<inside>[^\[\]\n]+)\]\]")
_LINK = re.compile(
    r"(?P<embed>!?)\[[^\[\]\n]*\]\("
    r"(?:<(?P<angled>[^<>\n]*)>|(?P<bare>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*))"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*\)"
)
_TAG = re.compile(
    r"(?<!\S)#(?P<tag>[^\s\u2000-\u206f\u2e00-\u2e7f'!\"#$%&()*+,.:;<=>?@^`{|}~\[\]\\]+)"
)
_MATH = re.compile(r"(?<![\\$\w])\$(?![\s$])[^$\n]*(?<!\s)\$(?![\d$])")
_TASK = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[(?P<state>.)\](?:[ \t]|$)")
_BLOCK = re.compile(r"(?:^|\s)\^(?P<id>[A-Za-z0-9-]+)[ \t]*$")
_NUMBER = re.compile(r"[0-9]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Link(NamedTuple):
    """What a link leads to: a note as it is named there ("" for the same one), and a part of it."""

    name: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.name}#{self.part}" if self.part else self.name


class Said(Struct):
    """What stands in a note; lists hold everything once, in the order in which it comes."""

    content: str
    links: list[Link] = []
    embeds: list[Link] = []
    tags: list[str] = []
    headings: list[str] = []
    blocks: list[str] = []
    tasks: dict[str, int] = {}


def read(body: str) -> Said:
    """Read a note's text below its properties, as far as LONGEST; its lines end with a line feed alone."""
    body = body[:LONGEST]
    plain, hidden, headings = _uncovered(body)
    if hidden.comments:
        body = _without(body, hidden.comments)
        plain, _, headings = _uncovered(body)
    said = Said(body.strip("\n"), headings=headings)
    for line in plain.split("\n"):
        _line(line, said)
    said.links, said.embeds = list(dict.fromkeys(said.links)), list(dict.fromkeys(said.embeds))
    said.blocks = list(dict.fromkeys(said.blocks))
    said.tags = list({it.lower(): it for it in reversed(said.tags)}.values())[::-1]
    return said


def targets(text: str) -> set[str]:
    """Every name that a link may lead to, also where none counts: enough to look them up."""
    return {link.name for _, link in _links(text)} - {""}


def tag(text: str) -> str:
    """A tag as it is told: without its sign; nothing for what is none."""
    found = _TAG.fullmatch("#" + text.strip().removeprefix("#"))
    named = found["tag"].strip("/") if found else ""
    return "" if _NUMBER.fullmatch(named) else named


def _uncovered(body: str) -> tuple[str, Hidden, list[str]]:
    """The text with blanks where no link or tag counts, what was hidden there, and the headings."""
    lines, tokens = body.split("\n"), _blocks.parse(body)
    for token in tokens:
        if token.type in ("fence", "code_block") and token.map:
            for at in range(token.map[0], min(token.map[1], len(lines))):
                lines[at] = " " * len(lines[at])
    text = "\n".join(lines)
    hidden = spans(text)
    return blank(text, hidden.ignored), hidden, _headings(tokens)


def _line(line: str, said: Said) -> None:
    if found := _TASK.match(line):
        said.tasks[found["state"]] = said.tasks.get(found["state"], 0) + 1
    if found := _BLOCK.search(line):
        said.blocks.append(found["id"])
    if "$" in line:
        line = _MATH.sub(" ", line)
    if "[" in line:
        for embedded, link in _links(line):
            (said.embeds if embedded else said.links).append(link)
        line = _LINK.sub(" ", _WIKI.sub(" ", line))
    if "#" in line:
        said.tags += [named for it in _TAG.finditer(line) if (named := tag(it["tag"]))]


def _links(text: str) -> Iterator[tuple[bool, Link]]:
    """Links in both notations that stay in the vault, and whether they embed."""
    for it in _WIKI.finditer(text):
        written = it["inside"].replace("\\|", "|").partition("|")[0]
        name, _, part = written.partition("#")
        yield bool(it["embed"]), Link(name.strip(), part.strip())
    for it in _LINK.finditer(text):
        written = it["angled"] if it["angled"] is not None else it["bare"]
        if not written or _SCHEME.match(written) or written.startswith("//"):
            continue
        name, _, part = written.partition("#")
        yield bool(it["embed"]), Link(unquote(name).strip(), unquote(part).strip())


def _headings(tokens: list[Token]) -> list[str]:
    found = [text.content.strip() for it, text in pairwise(tokens) if it.type == "heading_open"]
    return [it for it in dict.fromkeys(found) if it]


def _without(body: str, comments: list[tuple[int, int]]) -> str:
    kept, since = [], 0
    for begin, end in comments:
        kept.append(body[since:begin])
        since = end
    return "".join([*kept, body[since:]])
