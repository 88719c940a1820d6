"""A page of a connection: nodes, and where the next one begins (Relay's cursors)."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Turn(Struct, frozen=True, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Nodes(Struct, Generic[T], frozen=True, rename="camel"):
    nodes: list[T] = []
    page_info: Turn = Turn()

    @property
    def following(self) -> str:
        """The cursor of the next page; empty where this is the last."""
        return (self.page_info.end_cursor or "") if self.page_info.has_next_page else ""
