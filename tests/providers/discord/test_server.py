"""What a server has: channels that may be read, threads that are open or put away, and consent to it."""

from typing import Any

import pytest

from services.discord import permissions
from services.discord.dialect import Lacking
from services.discord.places import Channel, Guild, Member, Overwrite, Role
from services.discord.threads import Archives
from shared.errors import Ended, ItemGone, Reauthorize, Refused, Unavailable
from shared.types import Resource
from tests.fakes.api import Answer, Call, FakeApi, gone
from tests.providers.discord.material import BOT, CHANNEL, GUILD, HERE, MIA, NOW, api, walk

pytestmark = pytest.mark.anyio

MINE = ("GET", "/users/@me/guilds")


def served(**others: Any) -> FakeApi:
    found = FakeApi(
        {
            MINE: Answer([api("guild")]),
            ("GET", f"/guilds/{GUILD}"): Answer(api("guild")),
            ("GET", f"/guilds/{GUILD}/members/{BOT}"): Answer(api("member")),
            ("GET", f"/guilds/{GUILD}/channels"): Answer(api("channels")),
            ("GET", f"/guilds/{GUILD}/threads/active"): Answer(api("threads.active")),
        }
    )
    found.beside = {"guild_id": GUILD, "bot_id": BOT, "user_id": MIA, **others}
    return found


async def test_channels_that_may_be_read_are_found_and_others_counted_by_reason() -> None:
    (page,) = await walk("channels", served())
    assert [(it.name, it.facts["type"]) for it in page.resources] == [
        ("general", "0"),
        ("news", "5"),
        ("Voice", "2"),
        ("ideas", "15"),
        ("for-the-bot", "0"),
    ]
    assert page.excluded == {
        "the bot may not see the channel": 1,
        "the bot may not read the channel's history": 1,
        "the bot may not connect to the voice channel": 1,
    }
    assert page.names[CHANNEL] == "general"
    assert page.names["1390000000000000030"] == "ops"


async def test_a_new_message_is_a_new_fact_and_nothing_else_is() -> None:
    (before,) = await walk("channels", served())
    calls = served()
    rows = api("channels")
    rows[1] |= {"last_message_id": "1457628800000000777", "topic": "Another"}
    calls.answers["GET", f"/guilds/{GUILD}/channels"] = Answer(rows)
    (after,) = await walk("channels", calls)
    changed = [it.name for it in after.resources if it not in before.resources]
    assert changed == ["general"]
    assert after.resources[0].facts["last"] == "1457628800000000777"


async def test_who_consented_is_asked_for_each_time_with_one_small_call() -> None:
    calls = served()
    await walk("channels", calls)
    (asked,) = [it for it in calls.asked if it.path == MINE[1]]
    assert asked.params == {"after": str(int(GUILD) - 1), "limit": "1"}


@pytest.mark.parametrize("mine", [[], [{"id": "1390000000000000999"}]])
async def test_who_left_the_server_is_not_read_for_any_more(mine: list[Any]) -> None:
    calls = served()
    calls.answers[MINE] = Answer(mine)
    who = ("GET", f"/guilds/{GUILD}/members/{MIA}")
    calls.answers[who] = ItemGone()
    with pytest.raises(Ended, match="left"):
        await walk("channels", calls)
    calls.answers[who] = Answer(api("member"))
    (page,) = await walk("channels", calls)
    assert page.resources, "the server was away for a moment"
    calls.answers[who] = Lacking()
    with pytest.raises(Lacking):
        await walk("channels", calls)


async def test_without_the_scope_guilds_the_token_alone_is_proof() -> None:
    calls = served()
    calls.answers[MINE] = gone
    (page,) = await walk("channels", calls)
    assert page.resources
    calls.answers[MINE] = Reauthorize()
    with pytest.raises(Reauthorize):
        await walk("channels", calls)


@pytest.mark.parametrize("path", [f"/guilds/{GUILD}", f"/guilds/{GUILD}/members/{BOT}"])
async def test_25_a_bot_that_was_thrown_out_has_to_be_let_in_and_a_server_may_be_away(
    path: str,
) -> None:
    calls = served()
    calls.answers["GET", path] = ItemGone()
    with pytest.raises(Reauthorize, match="bot") as found:
        await walk("channels", calls)
    assert not isinstance(found.value, Ended), "it is looked for every hour"
    calls.answers["GET", path] = Unavailable()
    with pytest.raises(Unavailable):
        await walk("channels", calls)


async def test_a_token_that_came_without_a_server_opens_none() -> None:
    with pytest.raises(Refused, match="which server"):
        await walk("channels", FakeApi({}))


async def test_open_threads_are_found_with_their_last_message() -> None:
    (page,) = await walk("threads", served())
    assert [(it.id, it.name, it.facts["type"]) for it in page.resources] == [
        ("1400000000000000050", "An idea", "11"),
        ("1400000000000000051", "Quietly", "12"),
    ]
    assert page.resources[0].facts["guild"] == GUILD
    assert page.names["1400000000000000050"] == "An idea"


class Archive:
    """Threads that were put away, newest first, in pages of two."""

    def __init__(self, *stamps: str) -> None:
        self.stamps = sorted(stamps, reverse=True)

    def listed(self, call: Call) -> Answer:
        left = [it for it in self.stamps if it < call.params.get("before", "9")]
        rows = [
            {
                "id": "140000000000000" + it[8:10] + it[11:13],
                "type": 11,
                "name": it,
                "thread_metadata": {"archived": True, "archive_timestamp": it},
            }
            for it in left[:2]
        ]
        return Answer({"threads": rows, "has_more": len(left) > 2})

    def api(self, *kinds: str) -> FakeApi:
        path = f"/channels/{CHANNEL}/threads/archived"
        return FakeApi({("GET", f"{path}/{kind}"): self.listed for kind in kinds})


def day(number: int) -> str:
    return f"2026-01-{number:02}T08:00:00+00:00"


async def test_what_was_put_away_is_walked_down_to_what_is_known() -> None:
    archive = Archive(*map(day, range(1, 6)))
    pages = await walk("archives", archive.api("public"))
    found = [it.name for page in pages for it in page.resources]
    assert found == [day(it) for it in (5, 4, 3, 2, 1)]
    cursor = pages[-1].cursor
    assert cursor == Archives(day(5), looked=cursor.looked)
    archive.stamps.insert(0, day(7))
    again = await walk("archives", archive.api("public"), cursor, now=NOW + 3600)
    assert [it.name for page in again for it in page.resources] == [day(7), day(5)]
    assert again[-1].cursor.mark == day(7)


async def test_what_was_looked_for_within_the_hour_is_not_asked_for() -> None:
    pages = await walk("archives", Archive().api("public"))
    assert await walk("archives", FakeApi({}), pages[-1].cursor, now=NOW + 60) == []


async def test_private_threads_are_listed_where_the_bot_manages_threads() -> None:
    where = Resource(CHANNEL, "", (), {**HERE.facts, "private": "true"})
    calls = Archive(*map(day, range(1, 4))).api("public", "private")
    await walk("archives", calls, resource=where)
    assert [it.path.rpartition("/")[2] for it in calls.asked] == [
        *("public", "public"),
        *("private", "private"),
    ]
    calls.answers["GET", f"/channels/{CHANNEL}/threads/archived/private"] = ItemGone()
    assert await walk("archives", calls, resource=where), "a right that is missing hides one list"


async def test_a_voice_channel_has_no_threads() -> None:
    where = Resource(CHANNEL, "", (), {**HERE.facts, "type": "2"})
    assert await walk("archives", FakeApi({}), resource=where) == []


V, H = permissions.VIEW_CHANNEL, permissions.READ_MESSAGE_HISTORY
ALLOWED: list[tuple[str, list[Overwrite], int, int]] = [
    ("as everyone", [], V | H, V | H),
    ("everyone denied", [Overwrite(GUILD, 0, "0", str(V))], V | H, H),
    ("a role gives back", [Overwrite("2", 0, str(V)), Overwrite(GUILD, 0, "0", str(V))], V, V),
    ("a strange role", [Overwrite("3", 0, "0", str(V))], V, V),
    (
        "one role denies, one allows",
        [Overwrite("1", 0, str(V)), Overwrite("2", 0, "0", str(V))],
        V,
        V,
    ),
    ("the member is denied", [Overwrite("2", 0, str(V)), Overwrite(BOT, 1, "0", str(V))], V, 0),
    ("a role with the member's id", [Overwrite(BOT, 0, "0", str(V))], V, V),
    ("an administrator", [Overwrite(GUILD, 0, "0", str(V))], 1 << 3, (1 << 64) - 1),
]


@pytest.mark.parametrize(
    ("exceptions", "given", "expected"), [it[1:] for it in ALLOWED], ids=[it[0] for it in ALLOWED]
)
def test_rights_are_those_of_the_roles_with_the_exceptions_of_the_channel(
    exceptions: list[Overwrite], given: int, expected: int
) -> None:
    guild = Guild(GUILD, roles=[Role(GUILD, permissions=str(given)), Role("1"), Role("2")])
    bot = Member(api_user(), roles=["1", "2"])
    assert permissions.of(Channel("5", permission_overwrites=exceptions), guild, bot) == expected


def test_whoever_owns_the_server_may_do_everything() -> None:
    guild = Guild(GUILD, owner_id=BOT, roles=[Role(GUILD)])
    assert permissions.of(Channel("5"), guild, Member(api_user())) == (1 << 64) - 1


def api_user() -> Any:
    from services.discord.models import User  # noqa: PLC0415 - one name for two tests

    return User(BOT)
