"""From a mail to a Message: who wrote what to whom, and what came along."""

from collections.abc import Iterable, Iterator

from services.microsoft import text
from services.microsoft.graph import Deleted, moment
from services.microsoft.mail_models import File, Mail, Who
from shared.normalizer import Attachment, Message, Person, Recipient

TENTATIVE = {"meetingTenativelyAccepted": "meetingTentativelyAccepted"}
"""Graph misspells one of its words."""


def mail(it: Mail) -> Message:
    """One message; what Graph does not tell of drafts stays absent."""
    body = it.body and text.of(it.body.contentType, it.body.content or "")
    facts = {
        "folder_id": it.parentFolderId,
        "internet_message_id": it.internetMessageId,
        "is_read": "" if it.isRead is None else str(it.isRead).lower(),
        "is_draft": "true" if it.isDraft else "",
        "importance": it.importance,
        "categories": ",".join(sorted(it.categories)),
        "flag": it.flag.flagStatus if it.flag and it.flag.flagStatus != "notFlagged" else "",
        "reply_to": ",".join(one.email for one in people(it.replyTo)),
        "sent_by": _delegate(it),
        "meeting_message_type": _meeting(it.meetingMessageType),
    }
    changed = moment(it.lastModifiedDateTime)
    return Message(
        id=it.id,
        source="outlook",
        type="email",
        timestamp=moment(it.receivedDateTime) if it.receivedDateTime else changed,
        updated_at=changed,
        content=body or text.tidy(it.bodyPreview or ""),
        author=next(people(filter(None, (it.author, it.sender))), None),
        title=text.tidy(it.subject or ""),
        url=it.webLink or "",
        thread_id=it.conversationId or "",
        recipients=tuple(
            Recipient(id=one.id, name=one.name, email=one.email, role=role)
            for role, named in (
                ("to", it.toRecipients),
                ("cc", it.ccRecipients),
                ("bcc", it.bccRecipients),
            )
            for one in people(named)
        ),
        attachments=tuple(_file(it.id, one) for one in it.attachments if not one.isInline),
        metadata={name: text.tidy(fact) for name, fact in facts.items() if fact},
    )


def deleted(it: Deleted) -> Message:
    """What is told of a message that is gone."""
    return Message(id=it.id, source="outlook", type="email", timestamp=moment(it.at))


def people(named: Iterable[Who]) -> Iterator[Person]:
    """People by their addresses; an address inside of Exchange (`/O=...`) is an id and no address."""
    for it in named:
        address = (it.emailAddress.address or "").strip()
        mail = address.lower() if "@" in address and not address.startswith("/") else ""
        name = text.tidy(it.emailAddress.name or "")
        if address or name:
            yield Person(id=mail or address, name="" if name.lower() == mail else name, email=mail)


def _delegate(it: Mail) -> str:
    """Who really sent it, where that was somebody else than it says."""
    sender = next(people([it.sender] if it.sender else []), None)
    author = next(people([it.author] if it.author else []), None)
    return sender.email if sender and author and sender.id != author.id else ""


def _meeting(word: str | None) -> str:
    return TENTATIVE.get(word, word) if word and word != "none" else ""


def _file(mail: str, it: File) -> Attachment:
    """A file by our own route; what is only linked has no bytes here."""
    linked = it.kind.endswith("referenceAttachment")
    return Attachment(
        id=it.id,
        name=text.tidy(it.name or ""),
        url="" if linked else f"/api/v1/emails/{mail}/attachments/{it.id}",
        type="message/rfc822" if it.kind.endswith("itemAttachment") else it.contentType or "",
        size=0 if linked else it.size,
    )
