"""Providers and what their models cost."""

from __future__ import annotations

from typing import Unpack

from .. import _document as document
from ..types import CallOptions
from .lists import AsyncList
from .transport import AsyncTransport


class AsyncProviders:
    """Calls about upstreams and the keys of providers."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def set(
        self, name: str, *, options: CallOptions | None = None, **body: Unpack[document.PutProvidersNameBody]
    ) -> document.PutProvidersNameReply200:
        """Sets an upstream of the tenant's own."""
        reply: document.PutProvidersNameReply200 = await self._transport.request(
            "PUT /v1/providers/{name}", options, path={"name": name}, body=body
        )
        return reply

    async def get(
        self, name: str, *, options: CallOptions | None = None
    ) -> document.GetProvidersNameReply200:
        """An upstream."""
        reply: document.GetProvidersNameReply200 = await self._transport.request(
            "GET /v1/providers/{name}", options, path={"name": name}
        )
        return reply

    def list(self, *, options: CallOptions | None = None) -> AsyncList[document.GetProvidersNameReply200]:
        """The upstreams."""
        return self._transport.list("GET /v1/providers", options)

    async def delete(self, name: str, *, options: CallOptions | None = None) -> None:
        """Deletes an upstream."""
        await self._transport.request("DELETE /v1/providers/{name}", options, path={"name": name})

    async def set_key(
        self,
        provider: str,
        name: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PutProvidersProviderKeysNameBody],
    ) -> document.PutProvidersProviderKeysNameReply200:
        """Sets one of a provider's keys, with its limits."""
        reply: document.PutProvidersProviderKeysNameReply200 = await self._transport.request(
            "PUT /v1/providers/{provider}/keys/{name}",
            options,
            path={"provider": provider, "name": name},
            body=body,
        )
        return reply

    async def get_key(
        self, provider: str, name: str, *, options: CallOptions | None = None
    ) -> document.GetProvidersProviderKeysNameReply200:
        """One of a provider's keys, redacted."""
        reply: document.GetProvidersProviderKeysNameReply200 = await self._transport.request(
            "GET /v1/providers/{provider}/keys/{name}", options, path={"provider": provider, "name": name}
        )
        return reply

    def keys(
        self, provider: str, *, options: CallOptions | None = None
    ) -> AsyncList[document.GetProvidersProviderKeysNameReply200]:
        """A provider's keys, redacted."""
        return self._transport.list("GET /v1/providers/{provider}/keys", options, path={"provider": provider})

    async def delete_key(self, provider: str, name: str, *, options: CallOptions | None = None) -> None:
        """Deletes one of a provider's keys."""
        await self._transport.request(
            "DELETE /v1/providers/{provider}/keys/{name}", options, path={"provider": provider, "name": name}
        )

    async def gate(self, *, options: CallOptions | None = None) -> document.GetGateReply200:
        """How the keys, lanes and breakers of each provider stand."""
        reply: document.GetGateReply200 = await self._transport.request("GET /v1/gate", options)
        return reply


class AsyncPrices:
    """Calls about what models cost."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def set(
        self,
        provider: str,
        model: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PutPricesProviderModelBody],
    ) -> document.PutPricesProviderModelReply200:
        """Sets the tenant's own price of a model."""
        reply: document.PutPricesProviderModelReply200 = await self._transport.request(
            "PUT /v1/prices/{provider}/{model}",
            options,
            path={"provider": provider, "model": model},
            body=body,
        )
        return reply

    def list(
        self, *, model: str | None = None, options: CallOptions | None = None
    ) -> AsyncList[document.PutPricesProviderModelReply200]:
        """The prices that apply, and which table they are of."""
        return self._transport.list("GET /v1/prices", options, query={"model": model})

    async def delete(self, provider: str, model: str, *, options: CallOptions | None = None) -> None:
        """Takes back the tenant's own price of a model."""
        await self._transport.request(
            "DELETE /v1/prices/{provider}/{model}", options, path={"provider": provider, "model": model}
        )
