"""What is to be done, as a Message says it: the provider's own tasks, and sentences by transparent rules."""

import re
from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from services.context.people import Appearance, clean, sent
from services.context.rules import DONE, LINES, QUOTED, SENTENCES, SIGNATURE, SILENT
from shared.normalizer import Message

MOST = 20
"""Tasks of one text; a longer list is a document."""

LONGEST = 500
"""Characters of a sentence that is kept as evidence, and of a title."""

_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-ZÄÖÜ])")


class Task(Struct, frozen=True):
    """Something to do: `rule` says why it is one, `evidence` is the sentence that says so.

    `state` is open or done, as far as the item tells. `due` is as the provider writes it.
    """

    rule: str
    title: str
    evidence: str = ""
    state: str = "open"
    due: str = ""
    number: int = 0
    """Tells two of the same words in one item apart."""

    def id(self, user_id: str, account_id: UUID, source: str, message_id: str) -> UUID:
        """The same for the same words of the same item, whatever version it is in."""
        said = clean(self.evidence).lower()
        parts = (user_id, str(account_id), source, message_id, self.rule, said, str(self.number))
        return UUID(bytes=sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:16])


def tasks(it: Message, seen: tuple[Appearance, ...]) -> tuple[Task, ...]:
    """Everything to do in the Message; `seen` is who appears in it."""
    counts: dict[tuple[str, str], int] = {}
    found = []
    for one in (*_declared(it), *_written(it, seen)):
        said = (one.rule, clean(one.evidence).lower())
        counts[said] = counts.get(said, -1) + 1
        found.append(Task(one.rule, one.title, one.evidence, one.state, one.due, counts[said]))
    return tuple(found[:MOST])


def _declared(it: Message) -> Iterator[Task]:
    """What the provider itself calls a task, an issue, or a review that somebody is asked for."""
    facts = it.metadata
    states = {facts.get(name, "").lower() for name in ("state", "state_type", "status")}
    done = bool(states & DONE) or "true" in (facts.get("merged"), facts.get("completed"))
    state, due = "done" if done else "open", facts.get("due_date") or facts.get("due") or ""
    title = clean(it.title)[:LONGEST]
    if it.type in ("issue", "task") and title:
        yield Task(it.type, title, state=state, due=clean(due)[:100])
    if it.type == "pull_request" and any(one.role == "reviewer" for one in it.recipients):
        yield Task("review", title or it.id, state=state)


def _written(it: Message, seen: tuple[Appearance, ...]) -> Iterator[Task]:
    if it.type in SILENT:
        return
    speaks = _speaks_to_the_user(it, seen)
    for line in _own_lines(it.content):
        for rule in LINES:
            if match := rule.pattern.match(line):
                done = match.groupdict().get("done") or " "
                yield _task(rule.name, match["what"], line, "open" if done == " " else "done")
                break
        else:
            for sentence in _END.split(line) if speaks else ():
                for rule in SENTENCES:
                    if match := rule.pattern.match(sentence.strip(" *_")):
                        yield _task(rule.name, match["what"], sentence, "open")
                        break


def _task(rule: str, what: str, evidence: str, state: str) -> Task:
    return Task(rule, clean(what)[:LONGEST], clean(evidence)[:LONGEST], state)


def _speaks_to_the_user(it: Message, seen: tuple[Appearance, ...]) -> bool:
    """A mail from a person that came to few, or a direct message; not what the user wrote."""
    if it.type == "message":
        return it.metadata.get("channel_type") == "im" and "bot_id" not in it.metadata
    if it.type != "email" or sent(it) or it.metadata.get("list_id"):
        return False
    to = sum(one.role == "to" for one in it.recipients)
    return to <= 3 and not any(one.role == "author" and one.automated for one in seen)


def _own_lines(content: str) -> Iterator[str]:
    """The lines that the author wrote: no quotes, no code, no signature."""
    code = False
    for line in content[:100_000].splitlines():
        if line.lstrip().startswith("```"):
            code = not code
        elif SIGNATURE.match(line.strip()) or (
            QUOTED.match(line) and not line.lstrip().startswith(">")
        ):
            return
        elif not code and not line.lstrip().startswith(">") and len(line) < 2000:
            yield line
