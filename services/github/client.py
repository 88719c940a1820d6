"""PyGithub where it carries GitHub's own knowledge: signing for the app, asking for a token."""

from datetime import datetime

from github import GithubException, GithubIntegration
from github.Auth import AppAuth


def installation_token(
    app: str, key: str, installation: int, api_url: str
) -> tuple[str, datetime | None]:
    """Ask GitHub for a token of one installation; blocks, so it runs in a thread.

    Returns the token and when it ends (an hour from now, UTC). Raises GithubException, ValueError
    for a key that is none, and OSError when GitHub cannot be reached.
    """
    asking = GithubIntegration(
        auth=AppAuth(app, key.replace("\\n", "\n")),
        base_url=api_url,
        timeout=10,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    try:
        made = asking.get_access_token(installation)
        return made.token, made.expires_at
    finally:
        asking.close()


__all__ = ["GithubException", "installation_token"]
