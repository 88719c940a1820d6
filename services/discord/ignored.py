"""What is known and dropped on purpose, each with its reason: events, commands, and kinds of message."""

_PEOPLE = "membership, not content"
_NOTE = "a note that Discord writes itself"
_ADMIN = "administration of the server, not its content"
_SALE = "a purchase, not content"
_THREAD = "the messages of the thread tell it"
_STAGE = "a call, of which nothing is written"
_GAME = "a message of a game, not of a server"
_COMMAND = "this app listens, and only takes messages that somebody hands to it"

OWN = "message.own"
"""The kind of what this app said itself: hearing it would make loops."""

SYSTEM = {
    1: ("recipient_add", _PEOPLE),
    2: ("recipient_remove", _PEOPLE),
    3: ("call", _STAGE),
    4: ("channel_name_change", _ADMIN),
    5: ("channel_icon_change", _ADMIN),
    6: ("channel_pinned_message", "the pinned message tells it"),
    7: ("user_join", _PEOPLE),
    8: ("guild_boost", _SALE),
    9: ("guild_boost_tier_1", _SALE),
    10: ("guild_boost_tier_2", _SALE),
    11: ("guild_boost_tier_3", _SALE),
    12: ("channel_follow_add", _ADMIN),
    14: ("guild_discovery_disqualified", _ADMIN),
    15: ("guild_discovery_requalified", _ADMIN),
    16: ("guild_discovery_grace_period_initial_warning", _ADMIN),
    17: ("guild_discovery_grace_period_final_warning", _ADMIN),
    18: ("thread_created", _THREAD),
    21: ("thread_starter_message", "the message in the channel above tells it"),
    22: ("guild_invite_reminder", _NOTE),
    24: ("auto_moderation_action", _ADMIN),
    25: ("role_subscription_purchase", _SALE),
    26: ("interaction_premium_upsell", _SALE),
    27: ("stage_start", _STAGE),
    28: ("stage_end", _STAGE),
    29: ("stage_speaker", _STAGE),
    31: ("stage_topic", _STAGE),
    32: ("guild_application_premium_subscription", _SALE),
    36: ("guild_incident_alert_mode_enabled", _ADMIN),
    37: ("guild_incident_alert_mode_disabled", _ADMIN),
    38: ("guild_incident_report_raid", _ADMIN),
    39: ("guild_incident_report_false_alarm", _ADMIN),
    44: ("purchase_notification", _SALE),
}
"""Messages by number that nobody wrote."""

IGNORED = {
    OWN: "this app said it itself",
    **{f"message.{name}": reason for name, reason in SYSTEM.values()},
    "ENTITLEMENT_CREATE": _SALE,
    "ENTITLEMENT_UPDATE": _SALE,
    "ENTITLEMENT_DELETE": _SALE,
    "QUEST_USER_ENROLLMENT": _SALE,
    "LOBBY_MESSAGE_CREATE": _GAME,
    "LOBBY_MESSAGE_UPDATE": _GAME,
    "LOBBY_MESSAGE_DELETE": _GAME,
    "GAME_DIRECT_MESSAGE_CREATE": _GAME,
    "GAME_DIRECT_MESSAGE_UPDATE": _GAME,
    "GAME_DIRECT_MESSAGE_DELETE": _GAME,
    "interaction.command": _COMMAND,
    "interaction.component": _COMMAND,
    "interaction.autocomplete": _COMMAND,
    "interaction.modal": _COMMAND,
    "interaction.direct": "a message outside of every server",
}
