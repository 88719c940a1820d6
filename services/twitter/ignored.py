"""The events that are known and dropped on purpose, each with its reason."""

_PEOPLE = "who follows, mutes or blocks whom, which nobody says to anybody"
_PROFILE = "an account's looks, not what it says"
_TYPING = "a sign of presence, gone in a moment"
_LIVE = "a broadcast in sound or film, of which no text comes"

IGNORED = {
    "post.repost.create": "applause of others; own reposts are told as posts",
    "like.inbound": "applause of others",
    "follow.follow": _PEOPLE,
    "follow.unfollow": _PEOPLE,
    "mute.mute": _PEOPLE,
    "mute.unmute": _PEOPLE,
    "block.block": _PEOPLE,
    "block.unblock": _PEOPLE,
    **{
        f"profile.update.{it}": _PROFILE
        for it in (
            "bio",
            "profile_picture",
            "banner_picture",
            "screenname",
            "handle",
            "geo",
            "url",
            "verified_badge",
            "affiliate_badge",
        )
    },
    "dm.read": _TYPING,
    "dm.indicate_typing": _TYPING,
    "chat.conversation_join": "an encrypted conversation began; what is written in it comes as it is written",
    "chat.conversation.join": "an encrypted conversation began; what is written in it comes as it is written",
    "spaces.start": _LIVE,
    "spaces.end": _LIVE,
    "broadcast.start": _LIVE,
    "broadcast.end": _LIVE,
    "broadcast.chat": _LIVE,
    "news.new": "headlines that X makes, not what an account says",
    "favorite_events": "applause of others; own likes are listed",
    "follow_events": _PEOPLE,
    "block_events": _PEOPLE,
    "mute_events": _PEOPLE,
    "direct_message_mark_read_events": _TYPING,
    "direct_message_indicate_typing_events": _TYPING,
}
