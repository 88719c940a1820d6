"""From a file to a Message: its name, where it is, its text, and who changed it last."""

from datetime import datetime
from mimetypes import MimeTypes

from services.dropbox.models import Deleted, File, FileTold, Folder, Share
from shared.normalizer import Attachment, Message, Person

_TYPES = MimeTypes()
"""Python's own table, without what a machine adds to it."""


def file(it: FileTold) -> Message:
    """One file. Dropbox tells when it was changed and never when it was made."""
    its, sharing = it.file, it.file.sharing_info
    author = (sharing and sharing.modified_by) or ""
    return Message(
        id=its.id,
        source="dropbox",
        type="file",
        timestamp=its.server_modified,
        content=clean(it.text),
        author=Person(id=author, name=it.names.get(author, "")) if author else None,
        title=clean(its.name),
        thread_id=(sharing and sharing.parent_shared_folder_id) or "",
        attachments=(_bytes(its),),
        metadata={name: clean(fact) for name, fact in _facts(its).items() if fact},
    )


def deleted(it: Deleted) -> Message:
    """What is told of a file that is gone."""
    return Message(id=it.id, source="dropbox", type="file", timestamp=it.at)


def folder(it: Folder, seen: datetime) -> Message:
    """A folder, for people who ask what is in another one; it is as old as the asking."""
    sharing = it.sharing_info
    facts = {
        "kind": "folder",
        "path": it.path_display or "",
        "path_lower": it.path_lower or "",
        "shared_folder_id": (sharing and sharing.shared_folder_id) or "",
        "parent_shared_folder_id": (sharing and sharing.parent_shared_folder_id) or "",
    }
    return Message(
        id=it.id,
        source="dropbox",
        type="file",
        timestamp=seen,
        title=clean(it.name),
        thread_id=facts["parent_shared_folder_id"],
        metadata={name: clean(fact) for name, fact in facts.items() if fact},
    )


def share(it: Share) -> Message:
    """A shared folder, or a file from somebody else, as old as the invitation to it."""
    access, owners = it.access_type, it.owner_display_names or []
    facts = {
        "kind": "shared_folder" if it.shared_folder_id else "shared_file",
        "path": it.path_display or "",
        "path_lower": it.path_lower or "",
        "shared_folder_id": it.shared_folder_id or "",
        "item_id": it.folder_id or it.id or "",
        "parent_shared_folder_id": it.parent_shared_folder_id or "",
        "access": str(access.get(".tag", "")) if isinstance(access, dict) else access or "",
        "owners": ",".join(owners),
        "owner_team": it.owner_team.name if it.owner_team else "",
        "is_team_folder": "true" if it.is_team_folder else "",
    }
    ident, within = it.shared_folder_id or it.id, it.parent_shared_folder_id
    return Message(
        id=f"share:{ident}" if ident else "",
        source="dropbox",
        type="file",
        timestamp=it.time_invited,
        author=Person(name=clean(owners[0])) if len(owners) == 1 else None,
        title=clean(it.name),
        url=it.preview_url or "",
        thread_id=it.shared_folder_id or within or "",
        parent_id=f"share:{within}" if within else "",
        metadata={name: clean(fact) for name, fact in facts.items() if fact},
    )


def media_type(name: str) -> str:
    """What a file of this name is, as Dropbox does not tell it; "" where the name says nothing."""
    return _TYPES.guess_type(f"/{name}", strict=False)[0] or ""


def clean(text: str) -> str:
    """Unicode throughout: a name may come with half of a sign."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _facts(it: File) -> dict[str, str]:
    sharing, export = it.sharing_info, it.export_info
    read_only = sharing.read_only if sharing else None
    return {
        "path": it.path_display or "",
        "path_lower": it.path_lower or "",
        "rev": it.rev,
        "content_hash": it.content_hash or "",
        "size": str(it.size),
        "mime_type": media_type(it.name),
        "client_modified": it.client_modified or "",
        "parent_shared_folder_id": (sharing and sharing.parent_shared_folder_id) or "",
        "read_only": "true" if read_only else "",
        "is_downloadable": "" if it.is_downloadable else "false",
        "export_as": (export and export.export_as) or "",
        "export_options": ",".join((export and export.export_options) or ()),
        "target": (it.symlink_info and it.symlink_info.target) or "",
    }


def _bytes(it: File) -> Attachment:
    """The bytes, by our own route."""
    url = f"/api/v1/files/{it.id}/content"
    return Attachment(
        id=it.id, name=clean(it.name), url=url, type=media_type(it.name), size=it.size
    )
