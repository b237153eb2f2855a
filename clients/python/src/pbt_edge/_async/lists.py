"""Lists that are read page by page."""

from __future__ import annotations

from typing import Any, AsyncIterator, Awaitable, Callable, Generic, TypedDict, TypeVar

T = TypeVar("T")


class AsyncPage(TypedDict, Generic[T]):
    """One page of a list."""

    data: list[T]
    #: Names the next page; None on the last.
    next_cursor: str | None


class AsyncList(Generic[T]):
    """A list that is read page by page as it is gone through. Nothing is asked before."""

    def __init__(self, read_page: Callable[[str | None], Awaitable[Any]]) -> None:
        self._read_page = read_page

    async def page(self, cursor: str | None = None) -> AsyncPage[T]:
        """One page: the first, or the one that a cursor names."""
        page: AsyncPage[T] = await self._read_page(cursor)
        return page

    async def pages(self, cursor: str | None = None) -> AsyncIterator[AsyncPage[T]]:
        """Every page from the first, or from the one that a cursor names."""
        while True:
            page = await self.page(cursor)
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def all(self) -> list[T]:
        """Everything in one list."""
        return [item async for item in self]

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page["data"]:
                yield item
