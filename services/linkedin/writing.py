"""What is written: by the member, or by a page that the member administers.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
"""

from typing import Any
from urllib.parse import quote

from services.linkedin import asking as ask
from services.linkedin.models import Comment, Member
from services.linkedin.text import escaped
from shared.errors import Unavailable
from shared.provider import Api, Reply


def at(collection: str, urn: str) -> str:
    """The path of one thing: a URN's colons and brackets are escaped, or LinkedIn takes them for its own."""
    return f"/rest/{collection}/{quote(urn, safe='')}"


def author(organization: str) -> str:
    """The path of a page's posts, to which more may be added."""
    return f"/rest/posts?q=author&author={quote(f'urn:li:organization:{organization}', safe='')}"


async def create(api: Api, data: ask.NewPost) -> str:
    """Publish; returns the URN, which LinkedIn says in a header of an empty answer."""
    body: dict[str, Any] = {
        "author": await _actor(api, data.organization),
        "commentary": escaped(data.text),
        "visibility": data.visibility,
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": not data.reshare_allowed,
    }
    if data.link:
        article = {"source": data.link, "title": data.link_title or data.link}
        body["content"] = {"article": article}
    done = await api.send("POST", "/rest/posts", Reply, body)
    urn = done.headers.get("x-restli-id", "")
    if not urn:
        raise Unavailable("LinkedIn did not say which post it made.", unknown=True)
    return urn


async def change(api: Api, urn: str, text: str) -> None:
    """Replace a post's words; nothing else of a post can be changed."""
    patch = {"patch": {"$set": {"commentary": escaped(text)}}}
    headers = {"x-restli-method": "PARTIAL_UPDATE"}
    await api.send("POST", at("posts", urn), type(None), patch, headers=headers)


async def comment(api: Api, urn: str, data: ask.NewComment) -> Comment:
    """Say something under a post, or under the comment `data.parent`."""
    said = {
        "actor": await _actor(api, data.organization),
        "object": urn,
        "message": {"text": data.text},
        **({"parentComment": data.parent} if data.parent else {}),
    }
    path = f"{at('socialActions', data.parent or urn)}/comments"
    return await api.send("POST", path, Comment, said)


async def react(api: Api, urn: str, data: ask.NewReaction) -> None:
    actor = quote(await _actor(api, data.organization), safe="")
    said = {"root": urn, "reactionType": data.type}
    await api.send("POST", f"/rest/reactions?actor={actor}", type(None), said)


async def _actor(api: Api, organization: str | None) -> str:
    if organization:
        return f"urn:li:organization:{organization}"
    return f"urn:li:person:{(await api.get('/v2/userinfo', Member)).sub}"
