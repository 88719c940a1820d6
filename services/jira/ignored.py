"""The events that are known and dropped on purpose, each with its reason."""

_FILE = "the issue that a file stands at tells it"
_LINK = "a link tells nothing of the issues at its ends"
_PROPERTY = "data of other apps"
_PLAN = "a plan of the board; the issues in it tell themselves"
_VERSION = "the issues that are fixed in a version name it"
_ADMIN = "administration of the site, not its content"

IGNORED = {
    **{f"attachment_{it}": _FILE for it in ("created", "deleted")},
    **{f"issuelink_{it}": _LINK for it in ("created", "deleted")},
    **{f"issue_property_{it}": _PROPERTY for it in ("set", "deleted")},
    **{f"sprint_{it}": _PLAN for it in ("created", "updated", "deleted", "started", "closed")},
    **{f"board_{it}": _PLAN for it in ("created", "updated", "deleted", "configuration_changed")},
    **{
        f"jira:version_{it}": _VERSION
        for it in ("created", "updated", "deleted", "released", "unreleased", "moved", "merged")
    },
    **{
        f"project_{it}": _ADMIN
        for it in ("archived", "created", "deleted", "restored_archived", "restored_deleted")
    },
    **{f"project_{it}": _ADMIN for it in ("soft_deleted", "updated")},
    **{f"user_{it}": _ADMIN for it in ("created", "updated", "deleted")},
}
