# Made of `_async` by `npm run client:generate`; do not edit.
"""Lists that are read page by page."""

from __future__ import annotations

from typing import Any, Iterator, Callable, Generic, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """One page of a list."""

    data: list[T]
    #: Names the next page; None on the last.
    next_cursor: str | None


class List(Generic[T]):
    """A list that is read page by page as it is gone through. Nothing is asked before."""

    def __init__(self, read_page: Callable[[str | None], Any]) -> None:
        self._read_page = read_page

    def page(self, cursor: str | None = None) -> Page[T]:
        """One page: the first, or the one that a cursor names."""
        page: Page[T] = self._read_page(cursor)
        return page

    def pages(self, cursor: str | None = None) -> Iterator[Page[T]]:
        """Every page from the first, or from the one that a cursor names."""
        while True:
            page = self.page(cursor)
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def all(self) -> list[T]:
        """Everything in one list."""
        return [item for item in self]

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            for item in page["data"]:
                yield item
