"""What is written around issues, in Linear's own shapes: only the fields we read."""

from services.linear.models import Entity, Id, Ref, Time, Who


class Update(Entity, kw_only=True):
    """How a project, or an initiative, is doing."""

    body: str
    health: str | None = None
    edited_at: Time | None = None
    project: Ref | None = None
    project_id: Id | None = None
    initiative: Ref | None = None
    initiative_id: Id | None = None
    user: Who | None = None
    user_id: Id | None = None


class Attachment(Entity, kw_only=True):
    """A link that stands at an issue: a pull request, a ticket, a conversation."""

    title: str
    subtitle: str | None = None
    source_type: str | None = None
    issue: Ref | None = None
    issue_id: Id | None = None
    creator: Who | None = None
    creator_id: Id | None = None
    external_user_creator: Who | None = None
    external_user_creator_id: Id | None = None


class Document(Entity, kw_only=True):
    title: str
    content: str | None = None
    project: Ref | None = None
    project_id: Id | None = None
    initiative: Ref | None = None
    initiative_id: Id | None = None
    issue: Ref | None = None
    team: Ref | None = None
    creator: Who | None = None
    creator_id: Id | None = None
