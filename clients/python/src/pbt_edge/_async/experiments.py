"""Comparisons of versions and models, and optimisations of prompts."""

from __future__ import annotations

from typing import AsyncIterator, Unpack

from .. import _document as document
from .._waits import async_wait
from ..types import CallOptions
from .lists import AsyncList
from .transport import AsyncTransport


class AsyncComparisons:
    """Calls about comparisons of versions and models."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(
        self, *, options: CallOptions | None = None, **body: Unpack[document.PostCompareBody]
    ) -> document.PostCompareReply200:
        """Compares versions and models on the same inputs. A comparison that takes long goes on by itself."""
        reply: document.PostCompareReply200 = await self._transport.request(
            "POST /v1/compare", options, body=body
        )
        return reply

    async def get(self, id: str, *, options: CallOptions | None = None) -> document.GetComparisonsIdReply200:
        """How a comparison stands."""
        reply: document.GetComparisonsIdReply200 = await self._transport.request(
            "GET /v1/comparisons/{id}", options, path={"id": id}
        )
        return reply

    async def watch(
        self, id: str, *, every: float = 1.0, options: CallOptions | None = None
    ) -> AsyncIterator[document.GetComparisonsIdReply200]:
        """How a comparison stands, asked for every so many seconds until it has ended."""
        while True:
            comparison = await self.get(id, options=options)
            yield comparison
            if comparison["status"] != "running":
                return
            await async_wait(every)

    def list(
        self,
        *,
        prompt: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        options: CallOptions | None = None,
    ) -> AsyncList[document.GetComparisonsReply200DataItem]:
        """The comparisons, newest first."""
        query = {"prompt": prompt, "status": status, "limit": limit}
        return self._transport.list("GET /v1/comparisons", options, query=query)

    async def cancel(
        self, id: str, *, options: CallOptions | None = None
    ) -> document.PostComparisonsIdCancelReply200:
        """Nothing further is executed."""
        reply: document.PostComparisonsIdCancelReply200 = await self._transport.request(
            "POST /v1/comparisons/{id}/cancel", options, path={"id": id}
        )
        return reply


class AsyncOptimizations:
    """Calls about optimisations of prompts."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(
        self,
        name: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PostPromptsNameOptimizeBody],
    ) -> document.PostPromptsNameOptimizeReply202:
        """Looks for a shorter or better version of a prompt."""
        reply: document.PostPromptsNameOptimizeReply202 = await self._transport.request(
            "POST /v1/prompts/{name}/optimize", options, path={"name": name}, body=body
        )
        return reply

    async def get(
        self, id: str, *, options: CallOptions | None = None
    ) -> document.GetOptimizationsIdReply200:
        """How an optimisation stands."""
        reply: document.GetOptimizationsIdReply200 = await self._transport.request(
            "GET /v1/optimizations/{id}", options, path={"id": id}
        )
        return reply

    async def watch(
        self, id: str, *, every: float = 1.0, options: CallOptions | None = None
    ) -> AsyncIterator[document.GetOptimizationsIdReply200]:
        """How an optimisation stands, asked for every so many seconds until it has ended."""
        while True:
            optimization = await self.get(id, options=options)
            yield optimization
            if optimization["status"] != "running":
                return
            await async_wait(every)

    def list(
        self,
        *,
        prompt: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        options: CallOptions | None = None,
    ) -> AsyncList[document.GetOptimizationsReply200DataItem]:
        """The optimisations, newest first."""
        query = {"prompt": prompt, "status": status, "limit": limit}
        return self._transport.list("GET /v1/optimizations", options, query=query)

    async def cancel(
        self, id: str, *, options: CallOptions | None = None
    ) -> document.PostOptimizationsIdCancelReply200:
        """Nothing further is executed or published."""
        reply: document.PostOptimizationsIdCancelReply200 = await self._transport.request(
            "POST /v1/optimizations/{id}/cancel", options, path={"id": id}
        )
        return reply
