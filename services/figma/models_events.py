"""What only webhooks tell, with the fields that we read.

https://developers.figma.com/docs/rest-api/webhooks-events/
"""

from typing import Annotated

from msgspec import Meta, Struct

from services.figma.models import Key, Time, User


class Named(Struct):
    name: str = ""


class Published(Struct):
    """A library's publication: one event for components, one for styles, one for variables."""

    timestamp: Time
    file_key: Key
    file_name: str = ""
    description: str | None = None
    triggered_by: User | None = None
    created_components: list[Named] = []
    created_styles: list[Named] = []
    created_variables: list[Named] = []
    modified_components: list[Named] = []
    modified_styles: list[Named] = []
    modified_variables: list[Named] = []
    deleted_components: list[Named] = []
    deleted_styles: list[Named] = []
    deleted_variables: list[Named] = []


class Link(Struct):
    url: str = ""


class DevStatus(Struct):
    """What developers are told of a layer: that it is ready for them, or done."""

    timestamp: Time
    file_key: Key
    node_id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z:;,.-]{1,200}$(?!\n)")]
    status: str
    file_name: str = ""
    related_links: list[Link] = []
    triggered_by: User | None = None
