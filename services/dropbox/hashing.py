"""Dropbox's own hash of what is in a file. https://www.dropbox.com/developers/reference/content-hash"""

from hashlib import sha256

BLOCK = 4 * 1024 * 1024


def content_hash(content: bytes) -> str:
    """The hash of the hashes of all blocks; of no block for nothing."""
    starts = range(0, len(content), BLOCK)
    return sha256(b"".join(sha256(content[at : at + BLOCK]).digest() for at in starts)).hexdigest()
