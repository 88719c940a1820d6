"""What only webhooks tell, in our words. Pure: no clock, no network, no database."""

from services.figma.build import SITE, at_node, facts, file_id, person, stamp, utc
from services.figma.models_events import DevStatus, Published
from shared.normalizer import Message

CHANGES, ASSETS = ("created", "modified", "deleted"), ("components", "styles", "variables")


def published(it: Published) -> Message:
    counts = {
        f"{change}_{asset}": len(getattr(it, f"{change}_{asset}"))
        for change in CHANGES
        for asset in ASSETS
    }
    assets = "-".join(a for a in ASSETS if any(counts[f"{change}_{a}"] for change in CHANGES))
    at = utc(it.timestamp)
    return Message(
        id=f"{it.file_key}:publish:{stamp(at)}:{assets or 'library'}",
        source="figma",
        type="library_publish",
        timestamp=at,
        title=it.file_name,
        content=it.description or "",
        author=person(it.triggered_by),
        thread_id=file_id(it.file_key),
        parent_id=file_id(it.file_key),
        url=f"{SITE}/design/{it.file_key}",
        metadata=facts(file_key=it.file_key, **{name: str(n) for name, n in counts.items() if n}),
    )


def dev_status(it: DevStatus) -> Message:
    node, at = it.node_id, utc(it.timestamp)
    return Message(
        id=f"{it.file_key}:dev:{node}:{stamp(at)}",
        source="figma",
        type="dev_status",
        timestamp=at,
        title=it.file_name,
        author=person(it.triggered_by),
        thread_id=f"{it.file_key}:node:{node}",
        parent_id=file_id(it.file_key),
        url=at_node(it.file_key, node),
        metadata=facts(
            file_key=it.file_key,
            node_id=node,
            status=it.status.lower(),
            links=" ".join(link.url for link in it.related_links),
        ),
    )
