"""Sending requests, and repeating those that failed where that does no harm."""

from __future__ import annotations

import random
import time
from typing import Any, AsyncIterator, Mapping

import httpx

from .._document import OperationName
from .._requests import (
    BOOKMARK_HEADER,
    UNORDERED,
    CallOptions,
    Prepared,
    Settings,
    is_still_running,
    prepare,
    wait_before_retry,
)
from .._waits import async_wait
from ..errors import ConnectionError, TimeoutError, error_of_response, is_page, refuse_foreign
from .lists import AsyncList


class AsyncTransport:
    """Calls of operations by their names."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self.settings = settings
        self.http = http
        #: What the last answer to a write said, so that reads see that write.
        self._bookmark: str | None = None
        self._bookmarks = 0

    async def request(
        self,
        operation: OperationName,
        options: CallOptions | None = None,
        *,
        path: Mapping[str, str | int] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Calls an operation and returns what it answers: JSON as its value, anything else as text."""
        prepared = prepare(
            self.settings, operation, options, path=path, query=query, body=body, headers=headers
        )
        response = await self.send(prepared, is_streamed=False)
        if response.status_code == 204:
            return None
        is_json = response.headers.get("content-type", "").partition(";")[0].endswith("json")
        return response.json() if is_json else response.text

    def list(
        self,
        operation: OperationName,
        options: CallOptions | None = None,
        *,
        path: Mapping[str, str | int] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> AsyncList[Any]:
        """The list that an operation answers, page by page."""

        async def read_page(cursor: str | None) -> Any:
            page = {**(query or {}), **({} if cursor is None else {"cursor": cursor})}
            return await self.request(operation, options, path=path, query=page)

        return AsyncList(read_page)

    async def send(self, prepared: Prepared, is_streamed: bool) -> httpx.Response:
        """Sends a request as often as need be. Raises an ApiError or a ConnectionError.

        A request that still runs under the same key is no failure, so its answer is waited for as
        long as for any.
        """
        retries, waited = 0, 0.0
        while True:
            try:
                return await self._attempt(prepared, is_streamed)
            except Exception as error:
                seconds = wait_before_retry(error, retries, prepared.is_repeatable, random.random())
                if seconds is None or prepared.max_retries == 0:
                    raise
                if is_still_running(error):
                    waited += seconds
                else:
                    retries += 1
                if waited > prepared.timeout or retries > prepared.max_retries:
                    raise
            await async_wait(seconds)

    def _keep_bookmark(self, response: httpx.Response, before: int) -> None:
        """`before` is how many bookmarks there had been when the request was sent."""
        told = response.headers.get(BOOKMARK_HEADER)
        is_overtaken = self._bookmarks != before
        if told is None or (is_overtaken and response.request.method == "GET"):
            return
        self._bookmark = UNORDERED if is_overtaken else told
        self._bookmarks += 1

    async def _attempt(self, prepared: Prepared, is_streamed: bool) -> httpx.Response:
        request = self.http.build_request(
            prepared.method,
            prepared.url,
            headers=prepared.headers,
            content=prepared.content,
            timeout=prepared.timeout,
        )
        if prepared.method == "GET" and self._bookmark is not None:
            request.headers.setdefault(BOOKMARK_HEADER, self._bookmark)
        before = self._bookmarks
        try:
            response = await self.http.send(request, stream=True)
            self._keep_bookmark(response, before)
            if is_streamed and response.is_success and not is_page(response):
                return response
            try:
                await response.aread()
            finally:
                await response.aclose()
        except httpx.TimeoutException as error:
            raise TimeoutError(f"no answer within {prepared.timeout} s") from error
        except httpx.RequestError as error:
            raise ConnectionError(f"the connection failed: {error!r}") from error
        refuse_foreign(response)
        if not response.is_success:
            raise error_of_response(response, time.time())
        return response

    async def pieces(self, response: httpx.Response) -> AsyncIterator[str]:
        """The text of a streamed response as it comes. Leaving early closes it."""
        try:
            async for piece in response.aiter_text():
                yield piece
        except httpx.TimeoutException as error:
            raise TimeoutError("nothing came for too long") from error
        except (httpx.RequestError, httpx.StreamError) as error:
            raise ConnectionError(f"the connection broke: {error!r}") from error
        finally:
            await response.aclose()

    async def open(
        self, operation: OperationName, options: CallOptions | None, id: str
    ) -> AsyncIterator[str]:
        """The text that an operation about one object answers, as it comes."""
        prepared = prepare(self.settings, operation, options, path={"id": id})
        response = await self.send(prepared, is_streamed=True)
        return self.pieces(response)
