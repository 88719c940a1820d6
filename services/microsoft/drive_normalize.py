"""From an item of OneDrive to a Message: its name, where it is, and who changed it last."""

from services.microsoft import text
from services.microsoft.drive_models import By, Deleted, Item, Told
from services.microsoft.graph import moment
from shared.normalizer import Attachment, Message, Person


def item(it: Told) -> Message:
    """One file, folder or shortcut. Its eTag is not told: it changes with what nobody sees."""
    its = it.item
    changed = moment(its.lastModifiedDateTime or it.seen)
    ident = ident_of(its.parentReference.driveId if its.parentReference else None, its.id)
    within = its.parentReference
    return Message(
        id=ident,
        source="onedrive",
        type="file",
        timestamp=moment(its.createdDateTime) if its.createdDateTime else changed,
        updated_at=changed,
        content=text.tidy(its.description or ""),
        author=_person(its.lastModifiedBy) or _person(its.createdBy),
        title=text.tidy(its.name or ""),
        url=its.webUrl or "",
        thread_id=ident,
        parent_id=ident_of(within.driveId, within.id) if within and within.id else "",
        attachments=(_content(its),) if its.file else (),
        metadata={name: fact for name, fact in _facts(its).items() if fact},
    )


def deleted(it: Deleted) -> Message:
    """What is told of an item that is gone."""
    return Message(
        id=ident_of(it.drive, it.id), source="onedrive", type="file", timestamp=moment(it.at)
    )


def ident_of(drive: str | None, ident: str) -> str:
    """An item's id is unique in its drive."""
    return f"{drive or ''}:{ident}"


def _facts(it: Item) -> dict[str, str]:
    remote, hashes = it.remoteItem, it.file.hashes if it.file else None
    there = remote.parentReference.driveId if remote and remote.parentReference else None
    return {
        "kind": "folder" if it.folder is not None else "package" if it.package is not None else "",
        "mime_type": (it.file and it.file.mimeType) or "",
        "size": "" if it.size is None or it.folder is not None else str(it.size),
        "drive_id": (it.parentReference and it.parentReference.driveId) or "",
        "content_version": it.cTag or "",
        "quick_xor_hash": (hashes and hashes.quickXorHash) or "",
        "sha1": (hashes and hashes.sha1Hash) or "",
        "shared": (it.shared and (it.shared.scope or "unknown")) or "",
        "target_id": ident_of(there, remote.id) if remote and remote.id else "",
    }


def _content(it: Item) -> Attachment:
    kind = (it.file and it.file.mimeType) or ""
    return Attachment(
        id=it.id, name=it.name or "", url=it.webUrl or "", type=kind, size=it.size or 0
    )


def _person(by: By | None) -> Person | None:
    """By the id in the directory, which personal accounts do not have."""
    its = by.user if by else None
    if its is None or not (its.id or its.email or its.displayName):
        return None
    email = (its.email or "").lower()
    return Person(id=its.id or email, name=its.displayName or "", email=email)
