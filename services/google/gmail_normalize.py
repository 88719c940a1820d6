"""From a mail to a Message: who wrote what to whom, and what came along."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import unescape

from services.google import gmail_mime as mime
from services.google import text
from services.google.gmail_mime import Part
from services.google.gmail_models import Deleted, Mail
from shared.errors import Unreadable
from shared.normalizer import Attachment, Message, Person, Recipient

CALENDAR = frozenset({"text/calendar", "application/ics"})
LONGEST_FACT = 4000
"""Characters of one header that metadata keeps."""

_UID = re.compile(r"^UID(?:;[^:\r\n]*)?:(.{1,500})$", re.MULTILINE | re.IGNORECASE)
_METHOD = re.compile(r"^METHOD:([A-Z]{1,20})\s*$", re.MULTILINE | re.IGNORECASE)


def mail(it: Mail) -> Message:
    """One message; the text is the plain part, else the HTML as a reader sees it, else the snippet."""
    whole = mime.of(it)
    headers = whole.headers
    parts = list(mime.leaves(whole))
    facts = {
        "labels": ",".join(sorted(it.labelIds)),
        "message_id": headers.text("message-id"),
        "in_reply_to": headers.text("in-reply-to"),
        "references": headers.text("references"),
        "reply_to": ", ".join(one.email for one in headers.people("reply-to")),
        "list_id": headers.text("list-id"),
        "date_header": headers.date(),
        "is_unread": str("UNREAD" in it.labelIds).lower(),
        **_invitation(parts),
    }
    return Message(
        id=it.id,
        source="gmail",
        type="email",
        timestamp=moment(it.internalDate),
        content=_read(whole) or plain(it.snippet),
        author=next(iter(headers.people("from", "sender")), None),
        title=text.tidy(headers.text("subject")),
        url=f"https://mail.google.com/mail/#all/{it.id}",
        thread_id=it.threadId,
        recipients=tuple(
            one
            for role, names in {"to": ("to",), "cc": ("cc",), "bcc": ("bcc",)}.items()
            for one in _recipients(headers.people(*names), role)
        ),
        attachments=tuple(_attachments(it.id, parts)),
        metadata={name: text.tidy(fact)[:LONGEST_FACT] for name, fact in facts.items() if fact},
    )


def deleted(it: Deleted) -> Message:
    """What is told of a message that is gone."""
    return Message(id=it.id, source="gmail", type="email", timestamp=moment(str(it.at)))


def plain(snippet: str) -> str:
    """A snippet without its entities and what is invisible in it."""
    return text.tidy(unescape(snippet))


def moment(milliseconds: str) -> datetime:
    """Epoch milliseconds, as Gmail writes them; raises Unreadable."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as problem:
        raise Unreadable("A message has no date that is one.") from problem


def _recipients(people: Iterable[Person], role: str) -> Iterator[Recipient]:
    return (Recipient(id=it.id, name=it.name, email=it.email, role=role) for it in people)


def _read(part: Part) -> str:
    """What is read of a part: alternatives once, attached files and mails not at all."""
    if part.attached:
        return ""
    if part.type == "multipart/alternative":
        plain = [it for it in part.children if it.type == "text/plain"]
        others = [it for it in reversed(part.children) if it.type not in ("text/plain", *CALENDAR)]
        return next(filter(None, map(_read, [*plain, *others, *part.children])), "")
    if part.children:
        return "\n\n".join(filter(None, map(_read, part.children)))
    if part.text is None or part.type in CALENDAR:
        return ""
    return text.of_html(part.text) if part.type == "text/html" else text.tidy(part.text)


def _attachments(ident: str, parts: list[Part]) -> Iterator[Attachment]:
    """Files and inline images, by part: Gmail's own attachment ids change with every call.

    An invitation often comes twice, as an alternative and as a file; the file is told once.
    """
    calendars = 0
    for it in parts:
        calendars += it.type in CALENDAR and it.attached
        if not it.attached or (it.type in CALENDAR and calendars > 1):
            continue
        cid = it.headers.raw("content-id").strip("<> ")
        yield Attachment(
            id=it.id or "0",
            name=text.tidy(it.name or cid),
            url=f"/api/v1/emails/{ident}/attachments/{it.id or '0'}",
            type=it.type,
            size=it.size,
        )


def _invitation(parts: list[Part]) -> dict[str, str]:
    told = [it for it in parts if it.type in CALENDAR]
    if not told:
        return {}
    ics = re.sub(r"\r?\n[ \t]", "", next((it.text for it in told if it.text), ""))
    method, uid = _METHOD.search(ics), _UID.search(ics)
    named = next((mime.parameter(it.headers, "content-type", "method") for it in told), "")
    return {
        "has_invite": "true",
        "invite_method": (method[1] if method else named).upper(),
        "ics_uid": uid[1].strip() if uid else "",
    }
