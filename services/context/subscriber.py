"""The context service, declared."""

from services.context import items_api, people_api, search_api
from services.context.applying import bury, forget, handle
from services.context.asking import letters
from shared.subscriber import Subscriber

subscriber = Subscriber(
    name="context",
    title="Context",
    port=8020,
    package="services.context",
    handle=handle,
    bury=bury,
    letters=letters,
    tidy=forget,
    routes=(
        people_api.list_people,
        people_api.get_person,
        people_api.get_timeline,
        people_api.list_relationships,
        items_api.list_events,
        items_api.list_tasks,
        items_api.change_task,
        search_api.search,
        search_api.get_thread,
    ),
    shows={
        "some of the people in it": ("/api/v1/people", "people", "name"),
        "some of what is to be done": ("/api/v1/tasks", "tasks", "title"),
    },
)
