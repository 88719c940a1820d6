"""Drive's own shapes. https://developers.google.com/workspace/drive/api/reference/rest/v3/files"""

from msgspec import Raw, Struct


class User(Struct, frozen=True):
    displayName: str = ""
    emailAddress: str = ""
    permissionId: str = ""


class Shortcut(Struct, frozen=True):
    targetId: str = ""
    targetMimeType: str = ""


class File(Struct):
    """A file or a folder; what is in a shared drive has no owners, what is no blob no checksum."""

    id: str
    name: str = ""
    mimeType: str = ""
    description: str = ""
    createdTime: str = ""
    modifiedTime: str = ""
    sharedWithMeTime: str = ""
    trashed: bool = False
    starred: bool = False
    shared: bool | None = None
    parents: list[str] = []
    driveId: str = ""
    owners: list[User] = []
    lastModifyingUser: User | None = None
    webViewLink: str = ""
    size: str = ""
    md5Checksum: str = ""
    headRevisionId: str = ""
    shortcutDetails: Shortcut | None = None


class Told(Struct):
    """A file, its text where it was exported, and when it was seen."""

    file: File
    seen: str
    text: str = ""


class Removed(Struct):
    """A file that was deleted, or that this account may no longer see: Google does not say which."""

    id: str
    time: str


class Head(Struct):
    """What a walk needs to know of a file."""

    id: str
    mimeType: str = ""
    trashed: bool = False
    size: str = "0"


class Listed(Struct):
    files: list[Raw] = []
    nextPageToken: str = ""


class Change(Struct):
    changeType: str = "file"
    time: str = ""
    removed: bool = False
    fileId: str = ""
    file: Raw = Raw(b"null")

    @property
    def gone(self) -> bool:
        """Whether there is nothing left to tell of it."""
        return self.removed or bytes(self.file) == b"null"


class Changes(Struct):
    changes: list[Change] = []
    nextPageToken: str = ""
    newStartPageToken: str = ""


class Start(Struct):
    startPageToken: str


def number(size: str, unknown: int = 0) -> int:
    """How many bytes Drive says that there are; its 64-bit numbers are strings."""
    return int(size) if size.isascii() and size.isdigit() and len(size) < 19 else unknown
