"""The events that are known and dropped on purpose, each with its reason."""

_REF = "the push of the same ref tells it"
_CHECK = "the workflow run tells the outcome; single checks are too many"
_ALERT = "an alert, not something people write or do"
_ADMIN = "administration of the repository, not its content"
_PEOPLE = "membership, not content"
_BOARD = "a board's layout; the issues and pull requests on it tell themselves"
_CASE = "the issue or pull request that carries it tells its new state itself"

IGNORED = {
    "branch_protection_rule": _ADMIN,
    "check_run": _CHECK,
    "check_suite": _CHECK,
    "code_scanning_alert": _ALERT,
    "create": _REF,
    "delete": _REF,
    "dependabot_alert": _ALERT,
    "deploy_key": _ADMIN,
    "deployment": _CHECK,
    "deployment_review": _CHECK,
    "deployment_status": _CHECK,
    "fork": "the fork is another repository, which tells itself where it is connected",
    "gollum": "wiki pages come without their text",
    "label": _CASE,
    "marketplace_purchase": "billing of the app, not content",
    "member": _PEOPLE,
    "membership": _PEOPLE,
    "merge_group": _CHECK,
    "meta": "the hook itself was deleted; the subscription's next check finds out",
    "milestone": _CASE,
    "org_block": _PEOPLE,
    "organization": _PEOPLE,
    "package": "a package is told by the release or run that published it",
    "page_build": _CHECK,
    "project": _BOARD,
    "project_card": _BOARD,
    "project_column": _BOARD,
    "projects_v2_item": _BOARD,
    "public": "the repository event of the same change tells it",
    "pull_request_review_thread": "resolving a thread changes none of its comments",
    "repository_dispatch": "a signal between machines",
    "repository_import": _ADMIN,
    "repository_vulnerability_alert": _ALERT,
    "security_advisory": _ALERT,
    "sponsorship": "billing, not content",
    "star": "applause, not content",
    "status": _CHECK,
    "team": _PEOPLE,
    "team_add": _PEOPLE,
    "watch": "applause, not content",
    "workflow_dispatch": "the run that it starts tells itself",
    "workflow_job": _CHECK,
}
