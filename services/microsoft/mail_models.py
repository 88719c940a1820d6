"""Outlook's own shapes. https://learn.microsoft.com/en-us/graph/api/resources/message"""

from msgspec import Struct, field

from services.microsoft.graph import Gone


class Address(Struct, frozen=True):
    name: str | None = None
    address: str | None = None


class Who(Struct, frozen=True):
    emailAddress: Address = Address()


class Body(Struct, frozen=True):
    contentType: str = "text"
    content: str | None = None


class File(Struct, frozen=True):
    """A file, a mail or event within the mail, or a link to a file elsewhere; `kind` says which."""

    id: str
    kind: str = field(name="@odata.type", default="")
    name: str | None = None
    contentType: str | None = None
    size: int = 0
    isInline: bool = False


class Flag(Struct, frozen=True):
    flagStatus: str = ""


class Mail(Struct):
    """A message, or the message of an invitation; a draft has no sender, and nothing was received."""

    id: str
    lastModifiedDateTime: str
    createdDateTime: str = ""
    receivedDateTime: str | None = None
    conversationId: str | None = None
    internetMessageId: str | None = None
    parentFolderId: str | None = None
    subject: str | None = None
    body: Body | None = None
    bodyPreview: str | None = None
    sender: Who | None = None
    author: Who | None = field(name="from", default=None)
    toRecipients: list[Who] = []
    ccRecipients: list[Who] = []
    bccRecipients: list[Who] = []
    replyTo: list[Who] = []
    isRead: bool | None = None
    isDraft: bool | None = None
    importance: str | None = None
    categories: list[str] = []
    flag: Flag | None = None
    webLink: str | None = None
    meetingMessageType: str | None = None
    attachments: list[File] = []


class Head(Struct):
    """What a walk needs to know of a message; a change may be told with little more than its id."""

    id: str
    removed: Gone | None = field(name="@removed", default=None)
    lastModifiedDateTime: str | None = None
    toRecipients: list[Who] | None = None
    hasAttachments: bool | None = None
    isDraft: bool | None = None
    parentFolderId: str | None = None

    @property
    def whole(self) -> bool:
        """Whether everything that is told of a message came along."""
        return None not in (self.lastModifiedDateTime, self.toRecipients, self.hasAttachments)


class Folder(Struct):
    id: str
    displayName: str = ""
    parentFolderId: str | None = None
    removed: Gone | None = field(name="@removed", default=None)
