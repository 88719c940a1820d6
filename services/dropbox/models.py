"""Dropbox's own shapes: only the fields we read.

https://www.dropbox.com/developers/documentation/http/documentation#files-list_folder
"""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

Time = Annotated[datetime, Meta(tz=True)]
"""Whole seconds in UTC."""


class Sharing(Struct, frozen=True):
    """What is known of something in a shared folder, or of one."""

    read_only: bool | None = None
    parent_shared_folder_id: str | None = None
    shared_folder_id: str | None = None
    modified_by: str | None = None


class Export(Struct, frozen=True):
    """The formats that a file may be had in which has no bytes of its own."""

    export_as: str | None = None
    export_options: list[str] | None = None


class Symlink(Struct, frozen=True):
    target: str | None = None


class Place(Struct, kw_only=True):
    """Where something is, which nobody knows of what is not mounted."""

    name: str
    path_lower: str | None = None
    path_display: str | None = None


class File(Place, kw_only=True):
    """`client_modified` is what a device claims, `server_modified` what Dropbox saw."""

    id: str
    rev: str
    server_modified: Time
    client_modified: str | None = None
    size: int = 0
    is_downloadable: bool = True
    export_info: Export | None = None
    content_hash: str | None = None
    sharing_info: Sharing | None = None
    symlink_info: Symlink | None = None


class Folder(Place, kw_only=True):
    """Dropbox tells no time of a folder."""

    id: str
    sharing_info: Sharing | None = None


class FileTold(Struct):
    """A file, what is in it where that is a small text, and names of people."""

    file: File
    text: str = ""
    names: dict[str, str] = {}


class Deleted(Struct):
    """What is left of a file that is gone, and when it went."""

    id: str
    at: Time


class Team(Struct, frozen=True):
    name: str = ""


class Share(Struct, kw_only=True):
    """A shared folder, or a file that somebody shared with the account."""

    name: str
    time_invited: Time
    shared_folder_id: str | None = None
    id: str | None = None
    folder_id: str | None = None
    preview_url: str | None = None
    path_lower: str | None = None
    path_display: str | None = None
    access_type: str | dict[str, Any] | None = None
    owner_display_names: list[str] | None = None
    owner_team: Team | None = None
    parent_shared_folder_id: str | None = None
    is_team_folder: bool = False
