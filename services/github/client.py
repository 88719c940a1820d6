"""PyGithub where it carries GitHub's own knowledge: signing for the app, asking for a token."""

from github import GithubException, GithubIntegration
from github.Auth import AppAuth

from shared.errors import Reauthorize, Refused, Unavailable
from shared.types import Token


def installation_token(app: str, key: str, installation: int, api_url: str) -> Token:
    """Ask GitHub for a token of one installation, good for an hour; blocks, so it runs in a thread.

    Raises Reauthorize where the app was removed, Unavailable, and Refused for a wrong app or key.
    """
    try:
        asking = GithubIntegration(
            auth=AppAuth(app, key.replace("\\n", "\n")),
            base_url=api_url,
            timeout=10,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        made = asking.get_access_token(installation)
    except GithubException as problem:
        raise _refusal(problem.status) from None
    except OSError:
        raise Unavailable("GitHub could not be reached for a token.") from None
    except Exception:  # whatever the signing library makes of a bad key, which it may quote
        raise Refused("GITHUB_APP_PRIVATE_KEY is not a private key in PEM form.") from None
    return Token(access=made.token, expires_at=made.expires_at)


def _refusal(status: int) -> Exception:
    if status in (403, 404):
        return Reauthorize("The app is suspended or no longer installed there.", revoked=True)
    if status == 429 or status >= 500:
        return Unavailable("GitHub did not make a token just now.")
    return Refused("GitHub does not accept the app: check GITHUB_APP_ID and its private key.")
