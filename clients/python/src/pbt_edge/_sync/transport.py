# Made of `_async` by `npm run client:generate`; do not edit.
"""Sending requests, and repeating those that failed where that does no harm."""

from __future__ import annotations

import random
import time
from typing import Any, Iterator, Mapping

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
from .._waits import wait
from ..errors import ConnectionError, TimeoutError, error_of_response, is_page, refuse_foreign
from .lists import List


class Transport:
    """Calls of operations by their names."""

    def __init__(self, settings: Settings, http: httpx.Client) -> None:
        self.settings = settings
        self.http = http
        #: What the last answer to a write said, so that reads see that write.
        self._bookmark: str | None = None
        self._bookmarks = 0

    def request(
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
        response = self.send(prepared, is_streamed=False)
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
    ) -> List[Any]:
        """The list that an operation answers, page by page."""

        def read_page(cursor: str | None) -> Any:
            page = {**(query or {}), **({} if cursor is None else {"cursor": cursor})}
            return self.request(operation, options, path=path, query=page)

        return List(read_page)

    def send(self, prepared: Prepared, is_streamed: bool) -> httpx.Response:
        """Sends a request as often as need be. Raises an ApiError or a ConnectionError.

        A request that still runs under the same key is no failure, so its answer is waited for as
        long as for any.
        """
        retries, waited = 0, 0.0
        while True:
            try:
                return self._attempt(prepared, is_streamed)
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
            wait(seconds)

    def _keep_bookmark(self, response: httpx.Response, before: int) -> None:
        """`before` is how many bookmarks there had been when the request was sent."""
        told = response.headers.get(BOOKMARK_HEADER)
        is_overtaken = self._bookmarks != before
        if told is None or (is_overtaken and response.request.method == "GET"):
            return
        self._bookmark = UNORDERED if is_overtaken else told
        self._bookmarks += 1

    def _attempt(self, prepared: Prepared, is_streamed: bool) -> httpx.Response:
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
            response = self.http.send(request, stream=True)
            self._keep_bookmark(response, before)
            if is_streamed and response.is_success and not is_page(response):
                return response
            try:
                response.read()
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise TimeoutError(f"no answer within {prepared.timeout} s") from error
        except httpx.RequestError as error:
            raise ConnectionError(f"the connection failed: {error!r}") from error
        refuse_foreign(response)
        if not response.is_success:
            raise error_of_response(response, time.time())
        return response

    def pieces(self, response: httpx.Response) -> Iterator[str]:
        """The text of a streamed response as it comes. Leaving early closes it."""
        try:
            for piece in response.iter_text():
                yield piece
        except httpx.TimeoutException as error:
            raise TimeoutError("nothing came for too long") from error
        except (httpx.RequestError, httpx.StreamError) as error:
            raise ConnectionError(f"the connection broke: {error!r}") from error
        finally:
            response.close()

    def open(
        self, operation: OperationName, options: CallOptions | None, id: str
    ) -> Iterator[str]:
        """The text that an operation about one object answers, as it comes."""
        prepared = prepare(self.settings, operation, options, path={"id": id})
        response = self.send(prepared, is_streamed=True)
        return self.pieces(response)
