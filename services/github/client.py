"""PyGithub where it carries GitHub's own knowledge: signing for the app, and what only it may ask."""

from collections.abc import Callable
from typing import TypeVar

from github import GithubException, GithubIntegration
from github.Auth import AppAuth

from shared.errors import Reauthorize, Refused, Unavailable
from shared.types import Identity, Token

T = TypeVar("T")


class App:
    """The app as itself. Every method blocks, so it runs in a thread.

    They raise Reauthorize where the app was removed, Unavailable, and Refused for a wrong app or key
    and for a suspended installation, which its owner may resume.
    """

    def __init__(self, app: str, key: str, api_url: str) -> None:
        self._auth = _signed(lambda: AppAuth(app, key.replace("\\n", "\n")))
        self._asking = GithubIntegration(
            auth=self._auth,
            base_url=api_url,
            timeout=10,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )

    def itself(self) -> Token:
        """What opens the API for the app, for five minutes."""
        return Token(_signed(lambda: self._auth.token))

    def token(self, installation: int) -> Token:
        """A token of one installation, good for an hour."""
        made = _signed(lambda: self._asking.get_access_token(installation))
        return Token(access=made.token, expires_at=made.expires_at)

    def installation(self, number: int) -> Identity:
        """Whose installation it is. Its owner has one at most, so the owner is who is known by it."""
        told = _signed(lambda: self._asking.get_app_installation(number).raw_data)
        owner, granted = told["account"], told.get("permissions") or {}
        return Identity(
            id=f"installed:{owner['id']}",
            name=owner["login"],
            routes=(f"installed:{owner['id']}", f"installation:{number}"),
            scopes=tuple(sorted(f"{name}:{level}" for name, level in granted.items())),
        )


def _signed(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except GithubException as problem:
        raise _refusal(problem.status) from None
    except OSError:
        raise Unavailable("GitHub could not be reached for a token.") from None
    except Exception:  # whatever the signing library makes of a bad key, which it may quote
        raise Refused("GITHUB_APP_PRIVATE_KEY is not a private key in PEM form.") from None


def _refusal(status: int) -> Exception:
    if status == 404:
        return Reauthorize("The app is no longer installed there.", revoked=True)
    if status == 403:
        return Refused("The installation is suspended; its owner can resume it at GitHub.")
    if status == 429 or status >= 500:
        return Unavailable("GitHub did not make a token just now.")
    return Refused("GitHub does not accept the app: check GITHUB_APP_ID and its private key.")
