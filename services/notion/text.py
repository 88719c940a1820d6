"""Runs of rich text as words, and the people in them. Pure.

https://developers.notion.com/reference/rich-text
"""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from services.notion.models import Address, File, Rich, User
from shared.normalizer import Attachment, Person


def plain(runs: Rich) -> str:
    """The words alone, on one line."""
    return " ".join("".join(run.plain_text for run in runs).split())


def words(runs: Rich) -> str:
    """The words, with the addresses of links that their text does not show."""
    return "".join(_run(it.plain_text, it.href, it.type) for it in runs)


def _run(text: str, href: str | None, kind: str) -> str:
    if not href or kind != "text" or not text.strip() or text.strip() == href:
        return text
    return f"[{text}]({href})" if href.startswith(("https://", "http://")) else text


def mentioned(runs: Rich) -> Iterator[User]:
    """The people who are mentioned."""
    for run in runs:
        if run.mention and run.mention.user:
            yield run.mention.user


def person(it: User | None, names: Mapping[str, str]) -> Person | None:
    """Somebody by the name that is known; objects mostly carry an id alone."""
    if it is None:
        return None
    email = it.person.email if it.person else None
    return Person(it.id, names.get(it.id) or it.name or "", email or "")


def people(users: Iterable[User], names: Mapping[str, str]) -> tuple[Person, ...]:
    """Everybody once, in the order of their first mention."""
    found = {it.id: person(it, names) for it in users}
    return tuple(it for it in found.values() if it)


def attachment(ident: str, it: File) -> Attachment | None:
    """A file; the signed address of one that Notion holds is not told, because it ends within an hour."""
    outside = it.external.url if it.external else ""
    where = it.external or it.file
    if where is None:
        return None
    return Attachment(id=ident, name=it.name or file_name(where), url=outside)


def attachments(files: Iterable[tuple[str, File]]) -> tuple[Attachment, ...]:
    """Those of the files that are anywhere yet."""
    return tuple(it for it in (attachment(ident, file) for ident, file in files) if it)


def file_name(it: Address) -> str:
    """The last part of an address's path, which stays when its signature changes."""
    try:
        return unquote(urlsplit(it.url).path).rpartition("/")[2]
    except ValueError:
        return ""
