# Made of `_async` by `npm run client:generate`; do not edit.
"""The client."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Mapping, Self, Unpack

import httpx

from .._document import ExecuteOptions, OperationName
from .._requests import CallOptions, Settings, check_encrypted, prepare
from ..types import Execution
from .audit import Audit
from .executions import Batches, Executions
from .promotions import Labels, Promotions
from .experiments import Comparisons, Optimizations
from .prompts import Prompts, TestRuns
from .provider_settings import Prices, Providers
from .streams import Stream
from .tenant_settings import Aliases, Budgets, Keys, Telemetry, Webhooks
from .transport import Transport
from .usage import Insights, Usage


class PbtEdge:
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
        http: httpx.Client | None = None,
        allow_http: bool = False,
    ) -> None:
        address = check_encrypted(base_url, allow_http)
        settings = Settings(address, api_key, timeout, max_retries, headers or {})
        self._transport = transport = Transport(settings, http or httpx.Client())
        self.prompts = Prompts(transport)
        self.labels = Labels(transport)
        self.promotions = Promotions(transport)
        self.aliases = Aliases(transport)
        self.executions = Executions(transport)
        self.batches = Batches(transport)
        self.test_runs = TestRuns(transport)
        self.comparisons = Comparisons(transport)
        self.optimizations = Optimizations(transport)
        self.usage = Usage(transport)
        self.insights = Insights(transport)
        self.budgets = Budgets(transport)
        self.keys = Keys(transport)
        self.providers = Providers(transport)
        self.prices = Prices(transport)
        self.webhooks = Webhooks(transport)
        self.telemetry = Telemetry(transport)
        self.audit = Audit(transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.http.close()

    def execute(
        self,
        prompt: str,
        *,
        variables: Mapping[str, Any] | None = None,
        cache_control: str | None = None,
        options: CallOptions | None = None,
        **body: Unpack[ExecuteOptions],
    ) -> Execution:
        """Executes a prompt and waits for the whole answer."""
        reply: Execution = self._transport.request(
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
    ) -> Stream:
        """Executes a prompt and gives the answer as it comes. It begins when it is first read."""
        prepared = prepare(
            self._transport.settings,
            "POST /v1/executions",
            options,
            body={**body, "prompt": prompt, "variables": variables or {}, "stream": True},
            headers={} if cache_control is None else {"cache-control": cache_control},
        )
        return Stream(self._transport, prepared)

    def request(
        self,
        operation: OperationName,
        *,
        path: Mapping[str, str | int] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        options: CallOptions | None = None,
    ) -> Any:
        """Calls any operation of the API by its name: `request("GET /v1/models")`."""
        return self._transport.request(operation, options, path=path, query=query, body=body)
