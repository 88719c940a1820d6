"""What we ask Linear, in GraphQL: the members that a webhook has too, under the same names.

Every connection has a size, because one query may cost 10,000 points at most.
https://linear.app/developers/rate-limiting
"""

SIZE = 50
"""Entities of a page."""

WHO = "{ id name email }"
REACTIONS = "reactions { id emoji createdAt updatedAt user { id name email } externalUser { id } }"
BOT = "botActor { name type }"
STAMPS = "id createdAt updatedAt archivedAt"
PAGE_INFO = "pageInfo { hasNextPage endCursor }"

ISSUE = f"""{STAMPS} url trashed identifier previousIdentifiers title description
  priority priorityLabel estimate dueDate team {{ id key name }} state {{ name type }}
  labels(first: 20) {{ nodes {{ name }} }} creator {WHO} externalUserCreator {WHO} {BOT}
  assignee {WHO} project {{ id name }} cycle {{ number name }} parent {{ id }}"""
COMMENT = f"""{STAMPS} url body editedAt resolvedAt quotedText parentId issue {{ id identifier }}
  projectId projectUpdateId initiativeId initiativeUpdateId
  documentContentId documentContent {{ document {{ id }} }}
  user {WHO} externalUser {WHO} {BOT}"""
PROJECT = f"""{STAMPS} url trashed name description content health startDate targetDate
  status {{ name type }} creator {WHO} lead {WHO}"""
UPDATE = f"{STAMPS} url body health editedAt user {WHO}"
ATTACHMENT = f"""{STAMPS} url title subtitle sourceType issue {{ id identifier }}
  creator {WHO} externalUserCreator {WHO}"""
DOCUMENT = f"""{STAMPS} url trashed title content creator {WHO}
  project {{ id }} initiative {{ id }} issue {{ id }}"""

FIELDS = {
    "issues": f"{ISSUE} {REACTIONS}",
    "comments": f"{COMMENT} {REACTIONS}",
    "projects": PROJECT,
    "projectUpdates": f"{UPDATE} project {{ id name }} {REACTIONS}",
    "initiativeUpdates": f"{UPDATE} initiative {{ id name }} {REACTIONS}",
    "attachments": ATTACHMENT,
    "documents": DOCUMENT,
}
"""What a walk asks of each entity, by the name of the connection that lists them."""


def everything(name: str) -> str:
    """All there is, in the order of creation, which nothing that happens meanwhile can change.

    `latest` is the newest change at that moment: what the next walk begins with.
    """
    return f"""query ($after: String) {{
  latest: {name}(first: 1, orderBy: updatedAt, includeArchived: true) {{ nodes {{ updatedAt }} }}
  found: {name}(first: {SIZE}, after: $after, includeArchived: true) {{
    nodes {{ {FIELDS[name]} }} {PAGE_INFO} }} }}"""


def changes(name: str) -> str:
    """What changed at `$since` or later, the last change first."""
    return f"""query ($after: String, $since: DateTimeOrDuration!) {{
  found: {name}(first: {SIZE}, after: $after, includeArchived: true, orderBy: updatedAt,
      filter: {{ updatedAt: {{ gte: $since }} }}) {{
    nodes {{ {FIELDS[name]} }} {PAGE_INFO} }} }}"""


VIEWER = "query { viewer { id name email } organization { id name urlKey } }"
USERS = f"""query ($after: String) {{
  users(first: 100, after: $after, includeArchived: true, includeDisabled: true) {{
    nodes {{ id name displayName email }} {PAGE_INFO} }} }}"""
TEAMS = f"""query ($after: String) {{
  organization {{ id }}
  teams(first: 100, after: $after) {{ nodes {{ id key name visibility }} {PAGE_INFO} }} }}"""

HOOK = "id url enabled allPublicTeams team { id } resourceTypes"
HOOKS = f"query {{ webhooks(first: 100) {{ nodes {{ {HOOK} }} }} }}"
HEALTH = f"query ($id: String!) {{ webhook(id: $id) {{ {HOOK} failures {{ createdAt }} }} }}"
MAKE_HOOK = """mutation ($input: WebhookCreateInput!) {
  done: webhookCreate(input: $input) { success webhook { id } } }"""
MEND_HOOK = """mutation ($id: String!, $input: WebhookUpdateInput!) {
  done: webhookUpdate(id: $id, input: $input) { success } }"""
END_HOOK = "mutation ($id: String!) { done: webhookDelete(id: $id) { success } }"
