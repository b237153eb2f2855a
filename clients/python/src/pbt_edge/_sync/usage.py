# Made of `_async` by `npm run client:generate`; do not edit.
"""What was used, what was unusual and what is to come."""

from __future__ import annotations

from typing import Any, Literal, Mapping

from .. import _document as document
from .._usage_query import usage_query
from ..types import CallOptions, UsageReport
from .transport import Transport


class Usage:
    """Calls about what was used and spent."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        group_by: str | None = None,
        order: str | None = None,
        limit: int | None = None,
        filters: Mapping[str, str | int] | None = None,
        options: CallOptions | None = None,
    ) -> UsageReport:
        """What was used, by the groups of `group_by`. `filters` are such as `{"prompt": "hello"}`."""
        query = usage_query(from_, to, group_by, order, limit, filters)
        reply: UsageReport = self._transport.request("GET /v1/usage", options, query=query)
        return reply

    def csv(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        group_by: str | None = None,
        order: str | None = None,
        limit: int | None = None,
        filters: Mapping[str, str | int] | None = None,
        options: CallOptions | None = None,
    ) -> str:
        """The same as CSV."""
        query = {**usage_query(from_, to, group_by, order, limit, filters), "format": "csv"}
        text: str = self._transport.request("GET /v1/usage", options, query=query)
        return text

    def reconcile(
        self, provider: str, rows: list[dict[str, Any]], *, options: CallOptions | None = None
    ) -> document.PostUsageReconcileReply200:
        """Compares what was counted here with a provider's usage or cost export."""
        body = {"provider": provider, "rows": rows}
        reply: document.PostUsageReconcileReply200 = self._transport.request(
            "POST /v1/usage/reconcile", options, body=body
        )
        return reply


class Insights:
    """Calls about what was unusual and what is to come."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def anomalies(
        self, *, prompt: str | None = None, model: str | None = None, options: CallOptions | None = None
    ) -> document.GetInsightsAnomaliesReply200:
        """What was unusual in the last week."""
        reply: document.GetInsightsAnomaliesReply200 = self._transport.request(
            "GET /v1/insights/anomalies", options, query={"prompt": prompt, "model": model}
        )
        return reply

    def forecast(
        self, *, days: int | None = None, options: CallOptions | None = None
    ) -> document.GetInsightsForecastReply200:
        """When limits will be reached."""
        reply: document.GetInsightsForecastReply200 = self._transport.request(
            "GET /v1/insights/forecast", options, query={"days": days}
        )
        return reply

    def sla(
        self,
        *,
        prompt: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        over_time: Literal["hour", "day"] | None = None,
        options: CallOptions | None = None,
    ) -> document.GetInsightsSlaReply200:
        """How prompts keep their objectives."""
        reply: document.GetInsightsSlaReply200 = self._transport.request(
            "GET /v1/insights/sla",
            options,
            query={"prompt": prompt, "from": from_, "to": to, "over_time": over_time},
        )
        return reply
