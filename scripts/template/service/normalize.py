"""NEW_TITLE's words in ours. Pure: no clock, no network, no database.

Only what a webhook and the API both tell goes into a Message, so that one state is one Message.
"""

from services.NEW_NAME.models import Item, User
from shared.normalizer import Message, Person


def item(it: Item) -> Message:
    return Message(
        id=f"item:{it.id}",
        source="NEW_NAME",
        type="task",
        timestamp=it.created_at,
        updated_at=it.updated_at,
        title=it.title,
        content=it.text,
        author=person(it.author),
        url=it.url,
    )


def person(user: User | None) -> Person | None:
    return Person(user.id, user.name, user.email) if user else None
