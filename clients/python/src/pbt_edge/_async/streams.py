"""Executions that are answered piece by piece."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, AsyncIterator, Self

from .._requests import Prepared
from .._sse import SseParser
from ..errors import ConnectionError, StreamBrokenError, error_of_problem
from ..types import Execution, StreamEvent
from .transport import AsyncTransport

_KNOWN = frozenset({"start", "delta", "reasoning", "tool_call"})


class AsyncStream:
    """An execution that is answered piece by piece.

    It begins when it is first read, and is read once: by iterating over its events or its `text()`,
    and then `result()`. `close()`, or the end of a `with`, ends it early.
    """

    def __init__(self, transport: AsyncTransport, prepared: Prepared) -> None:
        self._transport = transport
        self._prepared = prepared
        self._events = self._read()
        self._execution_id: str | None = None
        self._output = ""
        self._result: Execution | None = None

    @property
    def idempotency_key(self) -> str | None:
        """The key under which the answer is kept for a day, if the call has one."""
        return self._prepared.idempotency_key

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self._events

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def text(self) -> AsyncIterator[str]:
        """The pieces of the answer's text alone."""
        async for event in self._events:
            if event["type"] == "delta":
                yield event["text"]

    async def result(self) -> Execution:
        """The execution as a whole, with its output. Reads what has not been read yet."""
        async for _ in self._events:
            pass
        if self._result is None:
            raise self._broken("the stream was left before its end")
        return self._result

    async def close(self) -> None:
        """Closes the connection. The server records the answer all the same."""
        await self._events.aclose()  # type: ignore[attr-defined]

    async def _read(self) -> AsyncIterator[StreamEvent]:
        response = await self._transport.send(self._prepared, is_streamed=True)
        parser = SseParser()
        try:
            async for piece in self._transport.pieces(response):
                for name, data in parser.push(piece):
                    event = self._event_of(name, json.loads(data))
                    if event is not None:
                        yield event
                    if self._result is not None:
                        return
        except ConnectionError as error:
            raise self._broken(str(error)) from error
        finally:
            await response.aclose()
        raise self._broken("the stream ended before its last event")

    def _event_of(self, name: str, data: dict[str, Any]) -> StreamEvent | None:
        """None for an event that this client does not know. Raises the error that one tells."""
        if name == "error":
            raise error_of_problem(data, is_final=True)
        if name == "start":
            self._execution_id = data["id"]
        if name == "delta":
            self._output += data["text"]
        if name == "done":
            execution: Any = {**data, "output": self._output or None}
            self._result = execution
            return {"type": "done", "execution": execution}
        known: Any = {"type": name, **data}
        return known if name in _KNOWN else None

    def _broken(self, message: str) -> StreamBrokenError:
        return StreamBrokenError(message, self._execution_id, self.idempotency_key)
