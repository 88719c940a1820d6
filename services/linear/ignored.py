"""The kinds that are known and dropped on purpose, each with its reason."""

_LABEL = "the issues and projects that carry it tell its name"
_AGENT = "a machine's conversation with itself; its comments tell themselves"
_CUSTOMER = "a customer's record, not something people write on Linear"
_RELEASE = "the issues in it tell their state themselves"

IGNORED = {
    "AgentActivity": _AGENT,
    "AgentSession": _AGENT,
    "AgentSessionEvent": _AGENT,
    "AppUserNotification": "what it notifies of tells itself",
    "AuditEntry": "administration of the workspace, not its content",
    "Customer": _CUSTOMER,
    "CustomerNeed": _CUSTOMER,
    "Cycle": "the issues of a cycle tell it by name",
    "Initiative": "its updates and projects tell themselves",
    "InitiativeLabel": _LABEL,
    "IssueLabel": _LABEL,
    "IssueSLA": "a deadline's alarm; the issue tells its own state",
    "ProjectLabel": _LABEL,
    "Release": _RELEASE,
    "ReleaseNote": _RELEASE,
}
