"""From a file to a Message: its name, its text where it has some, and who changed it last."""

from services.google import text
from services.google.calendar_normalize import moment
from services.google.drive_models import File, Removed, Told, User, number
from shared.normalizer import Attachment, Message, Person

FOLDER = "application/vnd.google-apps.folder"


def file(it: Told) -> Message:
    """One file, folder or shortcut. What only opening it changes is not in it, so that it is not news."""
    its = it.file
    changed = max(filter(None, (its.modifiedTime, its.sharedWithMeTime)), default=it.seen)
    author = person(its.lastModifyingUser) or next(filter(None, map(person, its.owners)), None)
    return Message(
        id=its.id,
        source="google_drive",
        type="file",
        timestamp=moment(its.createdTime or changed),
        updated_at=moment(changed),
        content="\n\n".join(filter(None, (text.tidy(its.description), text.tidy(it.text)))),
        author=author,
        title=text.tidy(its.name),
        url=its.webViewLink,
        thread_id=its.id,
        parent_id=its.parents[0] if its.parents else "",
        attachments=() if its.mimeType == FOLDER else (_content(its),),
        metadata={name: fact for name, fact in _facts(its).items() if fact},
    )


def removed(it: Removed) -> Message:
    """What is told of a file that is gone, or out of sight."""
    return Message(id=it.id, source="google_drive", type="file", timestamp=moment(it.time))


def _facts(it: File) -> dict[str, str]:
    return {
        "mime_type": it.mimeType,
        "parents": ",".join(it.parents),
        "drive_id": it.driveId,
        "trashed": "true" if it.trashed else "",
        "starred": "true" if it.starred else "",
        "shared": "" if it.shared is None else str(it.shared).lower(),
        "size": it.size,
        "md5": it.md5Checksum,
        "head_revision": it.headRevisionId,
        "owners": ",".join(one.emailAddress or one.displayName for one in it.owners),
        "target_id": it.shortcutDetails.targetId if it.shortcutDetails else "",
        "target_mime_type": it.shortcutDetails.targetMimeType if it.shortcutDetails else "",
    }


def _content(it: File) -> Attachment:
    """The bytes, by our own route; a size that is no number is not told."""
    url = f"/api/v1/files/{it.id}/content"
    return Attachment(id=it.id, name=it.name, url=url, type=it.mimeType, size=number(it.size))


def person(it: User | None) -> Person | None:
    """By the id that Drive has for people; many files tell no address."""
    if it is None or not (it.permissionId or it.emailAddress or it.displayName):
        return None
    email = it.emailAddress.lower()
    return Person(id=it.permissionId or email, name=it.displayName, email=email)
