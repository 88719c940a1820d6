"""Files under one folder, and nothing else: no way out by `..`, by a link or by a device.

Every part of a path is opened from the folder before it, and never through a symbolic link, so that
what was checked is what is read. Raises OSError as the system does.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from services.obsidian.paths import composed, hidden

Stat = os.stat_result

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
DEEPEST = 100


@contextmanager
def folder(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """A descriptor of a folder under the root, whose own path may lead over links."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            inside = os.open(_name(at, part), _FOLDER, dir_fd=at)
            os.close(at)
            at = inside
        yield at
    finally:
        os.close(at)


def read(root: Path, parts: Sequence[str], largest: int) -> tuple[bytes, Stat]:
    """A file's bytes and times. Raises IsADirectoryError, and EFBIG for more bytes than `largest`."""
    with folder(root, parts[:-1]) as at:
        file = os.open(_name(at, parts[-1]), _FILE, dir_fd=at)
        with os.fdopen(file, "rb") as opened:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, "no plain file")
            if found.st_size > largest:
                raise OSError(errno.EFBIG, "larger than what is read")
            return opened.read(largest + 1), found


def names(root: Path, parts: Sequence[str]) -> list[str]:
    """What is in a folder, with a slash after the names of folders."""
    with folder(root, parts) as at:
        return [it.name + "/" * it.is_dir(follow_symlinks=False) for it in _entries(at)]


def walk(root: Path, parts: Sequence[str]) -> Iterator[tuple[str, Stat]]:
    """Every file below, by its path from there; a folder that cannot be read ends it with its error."""
    with folder(root, parts) as at:
        yield from _below(at, "", 0)


def replace(root: Path, parts: Sequence[str], data: bytes) -> None:
    """Write a file whole or not at all, with the folders that it lies in."""
    _make(root, parts[:-1])
    with folder(root, parts[:-1]) as at:
        name = _name(at, parts[-1])
        fresh = f".{os.urandom(8).hex()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(fresh, flags, 0o644, dir_fd=at)
        try:
            with os.fdopen(file, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(file)
            os.replace(fresh, name, src_dir_fd=at, dst_dir_fd=at)
        except BaseException:
            os.unlink(fresh, dir_fd=at)
            raise


def trash(root: Path, vault: Sequence[str], parts: Sequence[str]) -> None:
    """Move a file to the vault's own trash, beside what is there under its name."""
    stem, dot, ending = parts[-1].rpartition(".")
    with folder(root, [*vault, *parts[:-1]]) as at:
        found = os.stat(_name(at, parts[-1]), dir_fd=at, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "no plain file")
    _make(root, [*vault, ".trash"])
    with folder(root, [*vault, *parts[:-1]]) as at, folder(root, [*vault, ".trash"]) as bin_:
        taken, name, number = set(os.listdir(bin_)), parts[-1], 1
        while name in taken:
            number += 1
            name = f"{stem} {number}{dot}{ending}"
        os.rename(_name(at, parts[-1]), name, src_dir_fd=at, dst_dir_fd=bin_)


def _make(root: Path, parts: Sequence[str]) -> None:
    if len(parts) > DEEPEST:
        raise OSError(errno.ENAMETOOLONG, "deeper than any vault")
    for number in range(len(parts)):
        with folder(root, parts[:number]) as at:
            try:
                os.mkdir(_name(at, parts[number]), 0o755, dir_fd=at)
            except FileExistsError:
                continue


def _name(at: int, part: str) -> str:
    """A name as it is on the disk: macOS may have decomposed it, and others keep what they are given."""
    if part in ("", ".", "..") or "/" in part or "\0" in part:
        raise FileNotFoundError(errno.ENOENT, "no name of a file")
    try:
        os.stat(part, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return next((it for it in os.listdir(at) if composed(it) == composed(part)), part)
    return part


def _entries(at: int) -> Iterator["os.DirEntry[str]"]:
    """Plain files and folders of the user's, by name; one whose name is no text is left out."""
    with os.scandir(at) as found:
        for it in sorted(found, key=lambda it: it.name):
            plain = it.is_dir(follow_symlinks=False) or it.is_file(follow_symlinks=False)
            if plain and not hidden(it.name) and it.name.isprintable():
                yield it


def _below(at: int, above: str, depth: int) -> Iterator[tuple[str, Stat]]:
    for it in _entries(at):
        if not it.is_dir(follow_symlinks=False):
            yield above + it.name, it.stat(follow_symlinks=False)
        elif depth < DEEPEST:
            inside = os.open(it.name, _FOLDER, dir_fd=at)
            try:
                yield from _below(inside, f"{above}{it.name}/", depth + 1)
            finally:
                os.close(inside)
