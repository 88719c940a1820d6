"""How the plugin says no. https://github.com/coddingtonbear/obsidian-local-rest-api"""

from msgspec import MsgspecError, Struct, json

from shared.errors import Reauthorize, Refused, Unavailable
from shared.types import Response


class Said(Struct):
    errorCode: int = 0


def dialect(it: Response) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    code = _code(it.body) if it.status >= 400 else 0
    match it.status:
        case 401:
            return Reauthorize("The vault does not accept this key any more; connect it again.")
        case 403:
            return Refused("The vault may not be read or written there.")
        case 503:
            return Unavailable("The vault is not there just now.")
        case 400 | 405 | 409 | 413 | 422:
            return Refused(f"The vault refused the call ({code or it.status}).")
    return None


def _code(body: bytes) -> int:
    try:
        return json.decode(body, type=Said).errorCode
    except (MsgspecError, ValueError, RecursionError):
        return 0
