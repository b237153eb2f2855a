"""The client."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Mapping, Self, Unpack

import httpx

from .._document import ExecuteOptions, OperationName
from .._requests import CallOptions, Settings, check_encrypted, prepare
from ..types import Execution
from .audit import AsyncAudit
from .executions import AsyncBatches, AsyncExecutions
from .promotions import AsyncLabels, AsyncPromotions
from .experiments import AsyncComparisons, AsyncOptimizations
from .prompts import AsyncPrompts, AsyncTestRuns
from .provider_settings import AsyncPrices, AsyncProviders
from .streams import AsyncStream
from .tenant_settings import AsyncAliases, AsyncBudgets, AsyncKeys, AsyncTelemetry, AsyncWebhooks
from .transport import AsyncTransport
from .usage import AsyncInsights, AsyncUsage


class AsyncPbtEdge:
    """A client of PBT Edge.

    `timeout` is the longest wait for a connection or for the next piece of an answer, in seconds;
    its default is longer than the longest execution. `max_retries` is how often a call that failed
    without a result is repeated. `http` replaces the client of `httpx` that calls are made with.
    `allow_http` lets the key go over http:// to another machine, where others may read it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        timeout: float = 330.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        http: httpx.AsyncClient | None = None,
        allow_http: bool = False,
    ) -> None:
        address = check_encrypted(base_url, allow_http)
        settings = Settings(address, api_key, timeout, max_retries, headers or {})
        self._transport = transport = AsyncTransport(settings, http or httpx.AsyncClient())
        self.prompts = AsyncPrompts(transport)
        self.labels = AsyncLabels(transport)
        self.promotions = AsyncPromotions(transport)
        self.aliases = AsyncAliases(transport)
        self.executions = AsyncExecutions(transport)
        self.batches = AsyncBatches(transport)
        self.test_runs = AsyncTestRuns(transport)
        self.comparisons = AsyncComparisons(transport)
        self.optimizations = AsyncOptimizations(transport)
        self.usage = AsyncUsage(transport)
        self.insights = AsyncInsights(transport)
        self.budgets = AsyncBudgets(transport)
        self.keys = AsyncKeys(transport)
        self.providers = AsyncProviders(transport)
        self.prices = AsyncPrices(transport)
        self.webhooks = AsyncWebhooks(transport)
        self.telemetry = AsyncTelemetry(transport)
        self.audit = AsyncAudit(transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.http.aclose()

    async def execute(
        self,
        prompt: str,
        *,
        variables: Mapping[str, Any] | None = None,
        cache_control: str | None = None,
        options: CallOptions | None = None,
        **body: Unpack[ExecuteOptions],
    ) -> Execution:
        """Executes a prompt and waits for the whole answer."""
        reply: Execution = await self._transport.request(
            "POST /v1/executions",
            options,
            body={**body, "prompt": prompt, "variables": variables or {}},
            headers={} if cache_control is None else {"cache-control": cache_control},
        )
        return reply

    def stream(
        self,
        prompt: str,
        *,
        variables: Mapping[str, Any] | None = None,
        cache_control: str | None = None,
        options: CallOptions | None = None,
        **body: Unpack[ExecuteOptions],
    ) -> AsyncStream:
        """Executes a prompt and gives the answer as it comes. It begins when it is first read."""
        prepared = prepare(
            self._transport.settings,
            "POST /v1/executions",
            options,
            body={**body, "prompt": prompt, "variables": variables or {}, "stream": True},
            headers={} if cache_control is None else {"cache-control": cache_control},
        )
        return AsyncStream(self._transport, prepared)

    async def request(
        self,
        operation: OperationName,
        *,
        path: Mapping[str, str | int] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        options: CallOptions | None = None,
    ) -> Any:
        """Calls any operation of the API by its name: `request("GET /v1/models")`."""
        return await self._transport.request(operation, options, path=path, query=query, body=body)
