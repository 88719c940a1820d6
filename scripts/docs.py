"""Write what the code says of events into docs/: schemas, AsyncAPI, and the tables of EVENTS.md.

With --check nothing is written, and the exit code is 1 when a file is not what the code says.
"""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import msgspec
import yaml
from msgspec import Struct, json

sys.path.insert(0, str(Path(__file__).parents[1]))

from shared.bus import stream
from shared.normalizer import ROLES, TYPES, Attachment, Message, Person, Recipient, encode
from shared.normalizer.cloudevents import SCHEMA, Change, Event, of_connection, of_message
from shared.normalizer.connection import Happening

DOCS = Path(__file__).parents[1] / "docs"
ACCOUNT = UUID("0b7c1f0e-6a53-4f0e-9c3b-0a6f6f1f2a10")
AT = datetime(2026, 4, 22, 13, 33, 48, tzinfo=UTC)

MEANING = {
    "Message.id": "What names the item: unique within its source and account, for ever.",
    "Message.source": "Where it comes from, as `github`; a provider's README lists its own.",
    "Message.type": "What it is; the list is closed.",
    "Message.timestamp": "When it came to be.",
    "Message.content": "Its text.",
    "Message.author": "Who made it.",
    "Message.title": "Its title, subject or name.",
    "Message.url": "Where a person can look at it.",
    "Message.thread_id": "What it is a part of: the id of a conversation, an issue, a page.",
    "Message.parent_id": "The id of the Message that it answers or lies in.",
    "Message.recipients": "Whom it is for, each with a role.",
    "Message.mentions": "Who is named in its text.",
    "Message.attachments": "The files that belong to it.",
    "Message.metadata": "What only this provider tells; its README has the keys.",
    "Message.updated_at": "When this version came to be.",
    "Message.deleted": "True in a tombstone, which has an id, a source, a type and a timestamp only.",
    "Person.id": "The provider's id of the person.",
    "Person.name": "A name or a login.",
    "Person.email": "An address, where the provider tells it.",
    "Recipient.id": "As of a person.",
    "Recipient.name": "As of a person.",
    "Recipient.email": "As of a person.",
    "Recipient.role": "The part that the recipient plays.",
    "Attachment.id": "The provider's id of the file, or its URL.",
    "Attachment.name": "The file's name.",
    "Attachment.url": "Where it can be read; most need the account's own token.",
    "Attachment.type": "Its media type.",
    "Attachment.size": "Its size in bytes.",
    "source": "The provider's product: one event for each.",
    "provider": "The service that speaks.",
    "account_id": "The connected account.",
    "user_id": "Whose account it is.",
    "at": "When it happened.",
    "consent_ends_at": "When the provider ends the consent whatever we do, where it says so.",
    "reason": "Why.",
    "name": "Which subscription of the provider.",
    "resource": "Which part of the account; empty for all of it.",
    "how": "What was done.",
    "expires_at": "When it ends if nobody renews it; absent when never.",
    "run_id": "Which run, as `GET /sync/runs/<run_id>` shows it.",
    "status": "How it ended.",
    "mode": "Everything again, or what is new.",
    "listed": "Items that the provider listed.",
    "published": "Items of them that were new or changed.",
    "unchanged": "Items of them that were known already.",
}
HEADERS = {
    "Nats-Msg-Id": "The same as `ce-id`; the server refuses it twice within two hours.",
    "ce-specversion": "The version of CloudEvents.",
    "ce-id": "The event: the same change of the same item has the same id, through either door.",
    "ce-source": "Which account it comes from.",
    "ce-type": "What happened.",
    "ce-time": "When, according to the provider.",
    "ce-accountid": "The connected account.",
    "ce-userid": "Whose account it is.",
    "content-type": "Always JSON.",
    "ce-subject": "The Message's id, percent-encoded. Not of connections.",
    "ce-dataschema": "The schema of the body. Not of connections.",
    "ce-sequence": "Orders the events of one account: later is greater, as text.",
    "ce-deliveryid": "The provider's id of the webhook that brought it, when one did.",
    "traceparent": "The W3C trace in which it came about, when there is one.",
}


class _Plain(yaml.SafeDumper):
    """Writes the same thing twice in full: not every reader of YAML follows anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def files() -> dict[str, str]:
    """Every generated file, by its path below docs/."""
    return {
        "schemas/message.v1.json": _pretty(_schema(Message, SCHEMA)),
        "schemas/connection.v1.json": _pretty(
            _schema(Happening, SCHEMA.replace("message", "connection"))
        ),
        "asyncapi.yaml": yaml.dump(_asyncapi(), Dumper=_Plain, sort_keys=False, width=100),
        "EVENTS.md": _filled((DOCS / "EVENTS.md").read_text()),
    }


def main() -> None:
    """Write, or only compare."""
    wrong = []
    for name, text in files().items():
        path = DOCS / name
        if path.is_file() and path.read_text() == text:
            continue
        wrong.append(f"docs/{name}")
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if wrong and "--check" in sys.argv[1:]:
        sys.exit(f"not as the code says; run `make docs`: {', '.join(wrong)}")


def _schema(kind: Any, ident: str) -> dict[str, Any]:
    """A schema that stands alone."""
    (root,), parts = _components(kind, "#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ident,
        **root,
        "$defs": parts,
    }


def _components(kind: Any, place: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """What msgspec says, with a meaning for every field. Absent is never null, and there may be more."""
    roots, parts = json.schema_components([kind], ref_template=place)
    for name, part in parts.items():
        part["description"] = re.sub(r"\s+", " ", part["description"])
        part.pop("additionalProperties", None)
        part.pop("title")
        times = {field.name for field in msgspec.structs.fields(_struct(name)) if _timely(field)}
        for key, its in part["properties"].items():
            its.pop("default", None)
            for choice in its.pop("anyOf", ()):
                its.update({} if choice == {"type": "null"} else choice)
            its.update({"format": "date-time"} if key in times else {})
            if meaning := MEANING.get(f"{name}.{key}") or MEANING.get(key):
                its["description"] = meaning
    if "Message" in parts:
        parts["Message"]["properties"]["type"]["enum"] = sorted(TYPES)
        parts["Recipient"]["properties"]["role"]["enum"] = sorted(ROLES)
    for root in roots:
        root.pop("discriminator", None)  # OpenAPI's word: `what` tells the shapes apart without it
    return roots, dict(sorted(parts.items()))


def _struct(name: str) -> type[Struct]:
    known: tuple[type[Struct], ...] = (Message, Person, Recipient, Attachment)
    known += get_args(Happening)
    return next(it for it in known if it.__name__ == name)


def _timely(field: msgspec.structs.FieldInfo) -> bool:
    return datetime in (field.type, *get_args(field.type))


def _asyncapi() -> dict[str, Any]:
    """Both subject trees as AsyncAPI 3.0 channels. https://www.asyncapi.com/docs/reference"""
    place = "#/components/schemas/{name}"
    (_, items), ((connections,), words) = _components(Message, place), _components(Happening, place)
    source = {"description": "Where it comes from; a provider's README lists its own."}
    user = {"description": "The user's id: letters, digits, _ and -, at most 64."}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Self Integrations",
            "version": "1.0.0",
            "description": "What the integration services publish on NATS JetStream.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "fleet": {
                "host": "localhost:4222",
                "protocol": "nats",
                "description": f"JetStream, stream {stream.NAME}",
            }
        },
        "channels": {
            "items": {
                "address": "self.events.{type}.{source}.{user}",
                "description": "Versions of items, in order for each account.",
                "parameters": {
                    "type": {"description": "What it is.", "enum": sorted(TYPES)},
                    "source": source,
                    "user": user,
                },
                "messages": {"item": {"$ref": "#/components/messages/item"}},
            },
            "connections": {
                "address": "self.integrations.{source}.{user}",
                "description": "What happens to connections.",
                "parameters": {"source": source, "user": user},
                "messages": {"connection": {"$ref": "#/components/messages/connection"}},
            },
        },
        "operations": {
            "publishItem": {"action": "send", "channel": {"$ref": "#/channels/items"}},
            "publishConnection": {"action": "send", "channel": {"$ref": "#/channels/connections"}},
        },
        "components": {
            "messages": {
                "item": _message("A version of an item", _example(), {"$ref": _at("Message")}),
                "connection": _message("Something about a connection", _happened(), connections),
            },
            "schemas": {**items, **words},
        },
    }


def _at(name: str) -> str:
    return f"#/components/schemas/{name}"


def _message(title: str, example: Event, payload: dict[str, Any]) -> dict[str, Any]:
    headers = _headers(example)
    properties = {
        name: {"type": "string", "description": HEADERS[name], "examples": [value]}
        for name, value in headers.items()
    }
    return {
        "title": title,
        "contentType": "application/json",
        "headers": {"type": "object", "properties": properties, "required": list(headers)},
        "payload": payload,
        "examples": [{"headers": headers, "payload": json.decode(example.payload)}],
    }


def _headers(example: Event) -> dict[str, str]:
    return {**example.headers, "ce-sequence": f"{4711:020d}"}


def _example(change: Change = "updated") -> Event:
    message = Message(
        id="1296269:issue:1347",
        source="github",
        type="issue",
        title="Found a bug",
        content="I'm having a problem with this.",
        timestamp=AT,
        updated_at=AT,
        author=Person(id="1", name="octocat"),
        url="https://github.com/octocat/Hello-World/issues/1347",
        metadata={"repository": "octocat/Hello-World", "state": "open", "labels": "bug"},
    )
    version = "2026-04-22T13:33:48.000000Z"
    return of_message(message, account_id=ACCOUNT, user_id="ana", version=version, change=change)


def _happened() -> Event:
    return of_connection(
        "deleted",
        source="github",
        account_id=ACCOUNT,
        user_id="ana",
        at=AT,
        occasion="1",
        detail={"provider": "github", "reason": "asked"},
    )


def _filled(text: str) -> str:
    """EVENTS.md with every generated part anew; the prose around them stays."""
    for name, part in _parts().items():
        begin, end = f"<!-- generated: {name} -->\n", "<!-- end -->"
        head, mark, rest = text.partition(begin)
        if not mark or end not in rest:
            sys.exit(f"docs/EVENTS.md has no part called {name!r}")
        text = f"{head}{mark}\n{part}\n\n{end}{rest.partition(end)[2]}"
    return text


def _parts() -> dict[str, str]:
    _, items = _components(Message, "{name}")
    _, words = _components(Happening, "{name}")
    first = next(iter(words.values()))["properties"]
    shared = [key for key in first if all(key in it["properties"] for it in words.values())]
    said = _fields({"properties": {key: first[key] for key in shared}})
    happenings = [
        (
            f"`{it['properties']['what']['enum'][0]}`",
            it["description"].partition(". ")[0].rstrip("."),
            ", ".join(_fact(key, its) for key, its in it["properties"].items() if key not in shared)
            or "none",
        )
        for it in words.values()
    ]
    headers = {
        **_headers(_example()),
        "ce-deliveryid": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "traceparent": "00-<trace>-<span>-01",
    }
    settings = stream.FIXED[stream.NAME]
    days, hours = (
        settings["max_age"] // 86_400 // 10**9,
        settings["duplicate_window"] // 3600 // 10**9,
    )
    return {
        "types": ", ".join(f"`{it}`" for it in sorted(TYPES)),
        "changes": ", ".join(f"`self.<type>.{it}`" for it in get_args(Change)),
        "message": _fields(items["Message"]),
        "person": _fields(items["Person"]),
        "recipient": _fields(items["Recipient"]),
        "attachment": _fields(items["Attachment"]),
        "headers": _table(
            ("header", "meaning", "example"),
            [(f"`{k}`", HEADERS[k], f"`{v}`") for k, v in headers.items()],
        ),
        "example": f"```json\n{_pretty(json.decode(_example().payload)).rstrip()}\n```",
        "tombstone": f"```json\n{_pretty(json.decode(encode(_gone()))).rstrip()}\n```",
        "connection": said,
        "happenings": _table(("`what`", "meaning", "its own facts"), happenings),
        "stream": _table(
            ("setting", "value"),
            [
                ("name", f"`{stream.NAME}`"),
                ("subjects", ", ".join(f"`{it}`" for it in settings["subjects"])),
                ("kept for", f"{days} days"),
                ("duplicates refused for", f"{hours} hours"),
                ("largest event", f"{settings['max_msg_size'] // 1024} KiB"),
                ("when full", "refuses what is new; it waits in the outbox"),
            ],
        ),
    }


def _gone() -> Message:
    return Message(
        id="1296269:issue:1347", source="github", type="issue", timestamp=AT, deleted=True
    )


def _fact(name: str, its: dict[str, Any]) -> str:
    return f"`{name}`" + (f" ({', '.join(its['enum'])})" if "enum" in its else "")


def _fields(part: dict[str, Any]) -> str:
    rows = [
        (
            f"`{name}`" + (", always" if name in part.get("required", ()) else ""),
            _kind(its),
            its.get("description", ""),
        )
        for name, its in sorted(
            part["properties"].items(), key=lambda it: it[0] not in part.get("required", ())
        )
        if name != "what"
    ]
    return _table(("field", "form", "meaning"), rows)


def _kind(its: dict[str, Any]) -> str:
    """A property's form in a word."""
    if "$ref" in its:
        return f"{its['$ref'].lower()}"
    if its["type"] == "array":
        return f"list of {_kind(its['items'])}s"
    if its["type"] == "object":
        return "names to strings"
    return {"date-time": "time", "uuid": "UUID"}.get(its.get("format", ""), str(its["type"]))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _pretty(value: Any) -> str:
    return json.format(json.encode(value), indent=2).decode() + "\n"


if __name__ == "__main__":
    main()
