"""The mailbox, as far as it is played: folders, their changes, single mails, and what is written."""

from urllib.parse import unquote

from services.microsoft.simulator.consent import problem
from services.microsoft.simulator.world import World
from shared.simulation import Answer, Asked, Route

V1, ID = "/v1.0", "([^/]+)"


def absent() -> Answer:
    """There is nothing under that id."""
    return problem(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def mailbox(world: World) -> list[Route]:
    """What is asked of Sam's mailbox."""

    def folders(_: Asked) -> Answer:
        return Answer({"value": list(world.folders.values()), "@odata.deltaLink": "never used"})

    def folder(_: Asked, ident: str) -> Answer:
        return Answer(world.folders[ident]) if ident in world.folders else absent()

    def changes(asked: Asked, ident: str) -> Answer:
        place = world.mails.get(unquote(ident))
        return place.delta(asked) if place and ident in world.folders else absent()

    def mails(asked: Asked, folder: str = "") -> Answer:
        wanted = asked.query.get("$filter", "").partition("'")[2].rstrip("'")
        words = asked.query.get("$search", "").strip('"').lower()
        rows = [
            row
            for name, place in world.mails.items()
            for row in place.rows.values()
            if folder in ("", name)
            and (not wanted or wanted in (row["conversationId"], row["internetMessageId"]))
            and words in row["subject"].lower()
        ]
        rows.sort(key=lambda it: str(it["receivedDateTime"]), reverse=True)
        at, size = int(asked.query.get("$skip", "0")), int(asked.query.get("$top", "10"))
        link = {"@odata.nextLink": f"{asked.root}{asked.path}?$skip={at + size}"}
        return Answer({"value": rows[at : at + size], **(link if at + size < len(rows) else {})})

    def mail(_: Asked, ident: str) -> Answer:
        place = world.mails.get(world.where(unquote(ident)))
        return Answer(place.rows[unquote(ident)]) if place else absent()

    async def change(asked: Asked, ident: str) -> Answer:
        if not world.where(unquote(ident)):
            return absent()
        await world.change(unquote(ident), **asked.json())
        return mail(asked, ident)

    async def move(asked: Asked, ident: str) -> Answer:
        await world.move(unquote(ident), asked.json()["destinationId"])
        return Answer(mail(asked, ident).body, 201)

    async def draft(asked: Asked, answered: str = "") -> Answer:
        body = asked.json()
        text = body.get("comment") or body.get("body", {}).get("content", "")
        subject = body.get("subject", "Re: your mail")
        facts = {"isDraft": True, "receivedDateTime": None}
        if answered:
            facts["conversationId"] = mail(asked, answered).body["conversationId"]
        ident = await world.arrive(subject, text, "drafts", **facts)
        return Answer(mail(asked, ident).body, 201)

    async def send(_: Asked, ident: str) -> Answer:
        await world.change(unquote(ident), isDraft=False, receivedDateTime=world.stamp())
        await world.move(unquote(ident), "sentitems")
        return Answer(b"", 202)

    me = f"{V1}/me"
    return [
        Route("GET", f"{me}/mailFolders/delta", folders),
        Route("GET", f"{me}/mailFolders/{ID}/messages/delta", changes),
        Route("GET", f"{me}/mailFolders/{ID}/messages", mails),
        Route("GET", f"{me}/mailFolders/{ID}", folder),
        Route("GET", f"{me}/messages", mails),
        Route("POST", f"{me}/messages", draft),
        Route("POST", f"{me}/messages/{ID}/createReply", draft),
        Route("POST", f"{me}/messages/{ID}/send", send),
        Route("POST", f"{me}/messages/{ID}/move", move),
        Route("GET", f"{me}/messages/{ID}", mail),
        Route("PATCH", f"{me}/messages/{ID}", change),
    ]
