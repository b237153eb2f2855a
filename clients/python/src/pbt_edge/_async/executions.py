"""Executions and batches of them."""

from __future__ import annotations

import json
from typing import Any, AsyncIterator, Mapping, Unpack

from .. import _document as document
from .._sse import LineSplitter, SseParser
from ..errors import ConnectionError
from ..types import Batch, BatchEvent, BatchItem, CallOptions, RecordedExecution
from .lists import AsyncList
from .transport import AsyncTransport

#: So many watches that break off before their first event are too many.
_SILENT_WATCHES = 5


class AsyncExecutions:
    """Calls about executions that are under way or over."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(
        self,
        prompt: str,
        *,
        variables: Mapping[str, Any] | None = None,
        options: CallOptions | None = None,
        **body: Unpack[document.ExecuteOptions],
    ) -> document.PostExecutionsReply202:
        """Has a prompt executed later. The id that comes back is read with `get`."""
        whole = {**body, "prompt": prompt, "variables": variables or {}, "async": True}
        reply: document.PostExecutionsReply202 = await self._transport.request(
            "POST /v1/executions", options, body=whole
        )
        return reply

    async def get(self, id: str, *, options: CallOptions | None = None) -> document.GetExecutionsIdReply200:
        """An execution as it is recorded, or how it waits."""
        reply: document.GetExecutionsIdReply200 = await self._transport.request(
            "GET /v1/executions/{id}", options, path={"id": id}
        )
        return reply

    def list(
        self,
        *,
        prompt: str | None = None,
        status: str | None = None,
        model: str | None = None,
        key: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        options: CallOptions | None = None,
    ) -> AsyncList[RecordedExecution]:
        """The recorded executions, newest first."""
        return self._transport.list(
            "GET /v1/executions",
            options,
            query={"prompt": prompt, "status": status, "model": model, "key": key, "from": from_, "to": to},
        )

    async def feedback(
        self, id: str, score: float, comment: str | None = None, *, options: CallOptions | None = None
    ) -> document.PostExecutionsIdFeedbackReply200:
        """Says how good an answer was: `score` is in [0, 1]."""
        body = {"score": score, **({} if comment is None else {"comment": comment})}
        reply: document.PostExecutionsIdFeedbackReply200 = await self._transport.request(
            "POST /v1/executions/{id}/feedback", options, path={"id": id}, body=body
        )
        return reply


class AsyncBatches:
    """Calls about batches."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self, *, options: CallOptions | None = None, **body: Unpack[document.PostBatchesBody]
    ) -> document.PostBatchesReply202:
        """Accepts up to 50,000 items."""
        reply: document.PostBatchesReply202 = await self._transport.request(
            "POST /v1/batches", options, body=body
        )
        return reply

    async def get(self, id: str, *, options: CallOptions | None = None) -> Batch:
        """How a batch stands."""
        reply: Batch = await self._transport.request("GET /v1/batches/{id}", options, path={"id": id})
        return reply

    def list(
        self, *, status: str | None = None, limit: int | None = None, options: CallOptions | None = None
    ) -> AsyncList[Batch]:
        """The batches, newest first."""
        return self._transport.list("GET /v1/batches", options, query={"status": status, "limit": limit})

    async def items(self, id: str, *, options: CallOptions | None = None) -> AsyncIterator[BatchItem]:
        """The items in their order, each as it stands at the moment."""
        lines = LineSplitter()
        async for piece in await self._transport.open("GET /v1/batches/{id}/results", options, id):
            for line in lines.push(piece):
                item: BatchItem = json.loads(line)
                yield item

    async def watch(self, id: str, *, options: CallOptions | None = None) -> AsyncIterator[BatchEvent]:
        """Each change of a batch until its end. A connection that ends before is opened again."""
        silent = 0
        while silent < _SILENT_WATCHES:
            silent += 1
            parser = SseParser()
            try:
                async for piece in await self._transport.open("GET /v1/batches/{id}/events", options, id):
                    for name, data in parser.push(piece):
                        silent = 0
                        if name == "progress":
                            progress: Any = {"type": "progress", **json.loads(data)}
                            yield progress
                        if name == "done":
                            yield {"type": "done", "batch": json.loads(data)}
                            return
            except ConnectionError:
                continue
        raise ConnectionError(f"the events of {id} broke off {_SILENT_WATCHES} times before the first")

    async def cancel(self, id: str, *, options: CallOptions | None = None) -> Batch:
        """No further item starts."""
        reply: Batch = await self._transport.request("POST /v1/batches/{id}/cancel", options, path={"id": id})
        return reply

    async def redrive(self, id: str, *, options: CallOptions | None = None) -> Batch:
        """Executes the failed items again."""
        reply: Batch = await self._transport.request(
            "POST /v1/batches/{id}/redrive", options, path={"id": id}
        )
        return reply
