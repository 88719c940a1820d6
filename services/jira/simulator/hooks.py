"""The webhooks of an app: five on a site, each for thirty days, unless they are refreshed.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/
"""

from services.jira.simulator import rows
from services.jira.simulator.deliveries import LIFE
from services.jira.simulator.rest import ROOT
from services.jira.simulator.rows import Row
from services.jira.simulator.world import World
from shared.simulation import Answer, Asked, Route


def routes(world: World) -> list[Route]:
    """What webhooks are made, refreshed and deleted by."""

    def listed(_: Asked, cloud: str) -> Answer:
        shown = [
            {"id": n, "jqlFilter": it["jqlFilter"], "events": it["events"]}
            | {"expirationDate": rows.moment(it["expires"])}
            for n, it in world.sites[cloud].hooks.items()
        ]
        return Answer({"values": shown, "total": len(shown), "isLast": True})

    def make(asked: Asked, cloud: str) -> Answer:
        wish, site, made = asked.json(), world.sites[cloud], list[Row]()
        for one in wish["webhooks"]:
            if len(site.hooks) >= 5:
                made.append({"errors": ["The maximum of 5 webhooks is reached."]})
                continue
            number = world.number()
            site.hooks[number] = {**one, "url": wish["url"], "expires": world.now() + LIFE}
            made.append({"createdWebhookId": number})
        return Answer({"webhookRegistrationResult": made})

    def refresh(asked: Asked, cloud: str) -> Answer:
        for number in asked.json()["webhookIds"]:
            world.sites[cloud].hooks[number]["expires"] = world.now() + LIFE
        return Answer({"expirationDate": rows.moment(world.now() + LIFE)})

    def delete(asked: Asked, cloud: str) -> Answer:
        for number in asked.json()["webhookIds"]:
            world.sites[cloud].hooks.pop(number, None)
        return Answer(None, 202)

    return [
        Route("GET", rf"{ROOT}/webhook", listed),
        Route("POST", rf"{ROOT}/webhook", make),
        Route("PUT", rf"{ROOT}/webhook/refresh", refresh),
        Route("DELETE", rf"{ROOT}/webhook", delete),
    ]
