"""What is known and dropped on purpose, each with its reason: events, and kinds of message."""

_PEOPLE = "membership, not content"
_FILE = "the message that carries the file tells it"
_USER = "what somebody does, not who it is"
_MARK = "a mark on a message, not content"
_ADMIN = "administration of the workspace, not its content"
_SIGNAL = "a signal to an app, not content"

OWN = "message.own"
"""The kind of what this app said itself: hearing it would make loops."""

IGNORED = {
    OWN: "this app said it itself",
    "app_home_opened": _SIGNAL,
    "app_mention": "the message event of the same text tells it",
    "app_requested": _ADMIN,
    "assistant_thread_context_changed": _SIGNAL,
    "assistant_thread_started": _SIGNAL,
    "call_rejected": _SIGNAL,
    "dnd_updated": _PEOPLE,
    "dnd_updated_user": _PEOPLE,
    "email_domain_changed": _ADMIN,
    "emoji_changed": _ADMIN,
    "file_change": _FILE,
    "file_created": _FILE,
    "file_deleted": _FILE,
    "file_public": _FILE,
    "file_shared": _FILE,
    "file_unshared": _FILE,
    "goodbye": _SIGNAL,
    "invite_requested": _ADMIN,
    "link_shared": "the message that carries the link tells it",
    "message.bot_add": _PEOPLE,
    "message.bot_remove": _PEOPLE,
    "message.channel_join": _PEOPLE,
    "message.channel_leave": _PEOPLE,
    "message.ekm_access_denied": "the workspace's keys are withdrawn, so there is no content",
    "message.group_join": _PEOPLE,
    "message.group_leave": _PEOPLE,
    "message.message_replied": "the reply tells itself",
    "message_metadata_deleted": _SIGNAL,
    "message_metadata_posted": _SIGNAL,
    "message_metadata_updated": _SIGNAL,
    "pin_added": _MARK,
    "pin_removed": _MARK,
    "star_added": _MARK,
    "star_removed": _MARK,
    "subteam_members_changed": _PEOPLE,
    "subteam_self_added": _PEOPLE,
    "subteam_self_removed": _PEOPLE,
    "team_domain_change": _ADMIN,
    "team_rename": _ADMIN,
    "user_huddle_changed": _USER,
    "user_status_changed": _USER,
    "workflow_deleted": _ADMIN,
    "workflow_published": _ADMIN,
    "workflow_step_deleted": _ADMIN,
    "workflow_step_execute": _SIGNAL,
    "workflow_unpublished": _ADMIN,
}
