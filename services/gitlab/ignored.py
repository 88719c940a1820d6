"""The events that are known and dropped on purpose, each with its reason."""

EPIC = "epic"
"""What we call a work item that belongs to a group."""

_CHECK = "the pipeline tells the outcome; single jobs are too many"
_ADMIN = "administration, not content"
_ASKED = "a wish for access; whoever gets it is walked anew"

IGNORED = {
    EPIC: "it belongs to a group, whose plans are not read",
    "access_token": _ADMIN,
    "build": _CHECK,
    "deployment": _CHECK,
    "emoji": "applause, not content",
    "feature_flag": _ADMIN,
    "milestone": "what belongs to it tells its new state itself",
    "user_access_request_revoked_for_group": _ASKED,
    "user_access_request_to_group": _ASKED,
    "vulnerability": "an alert, not something people write or do",
    "wiki_page": "wiki pages come without a time of change",
}
