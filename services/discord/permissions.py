"""What the bot may do in a channel, by its roles and the channel's own exceptions.

https://discord.com/developers/docs/topics/permissions#permission-overwrites
"""

from collections.abc import Iterable

from services.discord.places import SPOKEN, Channel, Guild, Member, Overwrite

ADMINISTRATOR = 1 << 3
VIEW_CHANNEL = 1 << 10
READ_MESSAGE_HISTORY = 1 << 16
CONNECT = 1 << 20
MANAGE_THREADS = 1 << 34
_ALL = (1 << 64) - 1

_NEEDED = {
    VIEW_CHANNEL: "the bot may not see the channel",
    READ_MESSAGE_HISTORY: "the bot may not read the channel's history",
    CONNECT: "the bot may not connect to the voice channel",
}


def of(channel: Channel, guild: Guild, bot: Member) -> int:
    """The bot's permissions in a channel, as a number."""
    mine = {*bot.roles, guild.id}
    ident = bot.user.id if bot.user else ""
    given = 0
    for role in guild.roles:
        given |= int(role.permissions) if role.id in mine else 0
    if ident == guild.owner_id or given & ADMINISTRATOR:
        return _ALL
    everyone = [it for it in channel.permission_overwrites if it.id == guild.id]
    roles = [it for it in channel.permission_overwrites if it.id in mine and it.id != guild.id]
    own = [it for it in channel.permission_overwrites if it.type == 1 and it.id == ident]
    for group in (everyone, roles, own):
        given = _excepted(given, group)
    return given


def obstacle(channel: Channel, given: int) -> str:
    """Why the channel cannot be read, or "": without these rights lists are empty, not refused."""
    wanted = [VIEW_CHANNEL, READ_MESSAGE_HISTORY, *([CONNECT] if channel.type in SPOKEN else [])]
    return next((_NEEDED[it] for it in wanted if not given & it), "")


def _excepted(given: int, group: Iterable[Overwrite]) -> int:
    """Everything that the group denies goes first, and what it allows comes then."""
    for it in group:
        given &= ~int(it.deny)
    for it in group:
        given |= int(it.allow)
    return given
