"""Every field of everything recorded or played, broken in every small way: a Message, or Unreadable.

A normalizer that trips over its input is caught by the hub and costs one record; here it fails.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from anyio import run
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import MsgspecError, Raw, json
from msgspec.json import encode

from shared.config.catalogue import providers
from shared.errors import Unreadable, UnsupportedEvent
from shared.normalizer import Message, Version
from shared.normalizer.cloudevents import of_message
from shared.provider import Provider
from shared.sync.normalize import LARGEST, Normalize, prepare
from shared.types import Delivery, Record
from tests.chaos.size import pick
from tests.contract.reading import samples
from tests.fakes import feed
from tests.fuzz.changes import (
    DROP,
    NESTED,
    RETYPED,
    Path,
    Specimen,
    at,
    changed,
    general,
    nodes,
    specimens,
)
from tests.fuzz.played import records

SUBJECT = re.compile(r"self\.events\.[a-z_]+\.[a-z_]+\.[A-Za-z0-9_-]{1,64}")
SHOWN = re.compile(r"[\x20-\x7e]*")
UNDERSTOOD = (MsgspecError, ValueError, OverflowError, RecursionError)
"""A value that is not what it should be; anything else is a mistake of the normalizer's own."""

EXAMPLES = pick(100, 5_000, 20_000)
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXT
    | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)

each = pytest.mark.parametrize("provider", providers(), ids=lambda it: it.name)


@cache
def found(name: str) -> tuple[Normalize, list[Specimen]]:
    """The provider's normalize function and everything that there is to break."""
    provider = next(it for it in providers() if it.name == name)
    return prepare(provider), specimens(provider, run(records, provider))


def trouble(normalize: Normalize, kind: str, value: Any) -> str:
    """What is wrong with what became of a payload; empty when nothing is."""
    try:
        made = normalize(Record(kind, Raw(encode(value))))
    except Unreadable as error:
        cause = error.__cause__
        return "" if cause is None or isinstance(cause, UNDERSTOOD) else repr(cause)
    except UnsupportedEvent:
        return ""
    except Exception as error:
        return f"raised {error!r}"
    return flaw(made) if isinstance(made, Version) else ""


def flaw(made: Version) -> str:
    """What the bus or a consumer would stumble over."""
    if json.decode(made.body, type=Message) != made.message or len(made.body) > LARGEST:
        return "its body is not what it says, or too large"
    event = of_message(
        made.message,
        account_id=UUID(int=1),
        user_id="ana",
        version=made.revision,
        change="created",
    )
    odd = [name for name, text in event.headers.items() if not SHOWN.fullmatch(text)]
    return f"headers {odd}" if odd or not SUBJECT.fullmatch(event.subject) else ""


@each
def test_there_is_something_to_break(provider: Provider) -> None:
    normalize, them = found(provider.name)
    assert {it.kind for it in them} == set(provider.normalizers)
    told = {it.kind for it in them if outcome(normalize, it.kind, it.value).startswith(b"{")}
    assert told >= {it.kind for it in them if it.origin != "the least"}


def test_a_normalizer_that_trips_is_noticed() -> None:
    normalize = prepare(feed.provider(feed.Notebook()))
    assert "ZeroDivisionError" in trouble(normalize, "note", {"id": "a", "text": "poison"})
    assert not trouble(normalize, "note", {"id": "a", "text": 1})


@each
def test_each_field_dropped_retyped_or_nested_is_understood_or_unreadable(
    provider: Provider,
) -> None:
    normalize, them = found(provider.name)
    wrong, tried = Counter[str](), set()
    for it in them:
        for path in fields(normalize, it):
            if (field := (it.kind, general(path))) in tried:
                continue
            tried.add(field)
            was = at(it.value, path)
            for new in (*RETYPED, *(nest(was) for nest in NESTED)):
                if said := trouble(normalize, it.kind, changed(it.value, path, new)):
                    wrong[f"{it.kind} {'.'.join(map(str, path))}: {said}"] += 1
    assert not wrong, "\n".join(sorted(wrong))
    assert len(tried) > len(them), "no field was read"


def fields(normalize: Normalize, it: Specimen) -> Iterator[Path]:
    """The paths of what is read: where neither its absence nor nonsense changes anything, nobody looks."""
    ours, ignored = outcome(normalize, it.kind, it.value), set[Path]()
    for path in nodes(it.value):
        if any(path[:n] in ignored for n in range(len(path))):
            continue
        others = {outcome(normalize, it.kind, changed(it.value, path, new)) for new in (DROP, [[]])}
        if others == {ours}:
            ignored.add(path)
        else:
            yield path


def outcome(normalize: Normalize, kind: str, value: Any) -> bytes:
    """What becomes of a payload, to be compared."""
    try:
        made = normalize(Record(kind, Raw(encode(value))))
    except (Unreadable, UnsupportedEvent) as error:
        return repr(error).encode()
    return made.body if isinstance(made, Version) else b"ignored"


@pytest.mark.timeout(pick(120, 600, 1800))
@each
def test_several_changes_at_once(provider: Provider) -> None:
    normalize, them = found(provider.name)
    read = {id(it): list(fields(normalize, it)) for it in them}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True)
    @given(st.data())
    def broken(draw: st.DataObject) -> None:
        it = draw.draw(st.sampled_from(them))
        value = it.value
        for path in draw.draw(st.lists(st.sampled_from(read[id(it)]), min_size=1, max_size=6)):
            with suppress(LookupError, TypeError, AttributeError):  # an earlier change took it away
                value = changed(value, path, draw.draw(JSON))
        assert not trouble(normalize, it.kind, value)

    broken()


@each
def test_a_delivery_with_a_broken_field_is_understood_or_unreadable(provider: Provider) -> None:
    if provider.webhook is None:
        pytest.skip("it hears nothing")
    normalize, _ = found(provider.name)
    wrong, tried = Counter[str](), set()
    for sample in samples(provider.name):
        body = json.decode(sample.body) if sample.body else {}
        for path in nodes(body):
            kind = sample.path.stem.partition(".")[0]
            if len(path) > 4 or (field := (kind, general(path))) in tried:
                continue
            tried.add(field)
            for new in (DROP, None, [], {}, "x", -1):
                raw = encode(changed(body, path, new))
                try:
                    for said in provider.webhook.read(Delivery(raw, sample.headers)):
                        if isinstance(said, Record):
                            normalize(said)
                except (Unreadable, UnsupportedEvent):
                    continue
                except Exception as error:
                    wrong[f"{sample.path.stem} {'.'.join(map(str, path))}: {error!r}"] += 1
    assert not wrong, "\n".join(sorted(wrong))
