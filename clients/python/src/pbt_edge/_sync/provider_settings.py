# Made of `_async` by `npm run client:generate`; do not edit.
"""Providers and what their models cost."""

from __future__ import annotations

from typing import Unpack

from .. import _document as document
from ..types import CallOptions
from .lists import List
from .transport import Transport


class Providers:
    """Calls about upstreams and the keys of providers."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(
        self, name: str, *, options: CallOptions | None = None, **body: Unpack[document.PutProvidersNameBody]
    ) -> document.PutProvidersNameReply200:
        """Sets an upstream of the tenant's own."""
        reply: document.PutProvidersNameReply200 = self._transport.request(
            "PUT /v1/providers/{name}", options, path={"name": name}, body=body
        )
        return reply

    def get(
        self, name: str, *, options: CallOptions | None = None
    ) -> document.GetProvidersNameReply200:
        """An upstream."""
        reply: document.GetProvidersNameReply200 = self._transport.request(
            "GET /v1/providers/{name}", options, path={"name": name}
        )
        return reply

    def list(self, *, options: CallOptions | None = None) -> List[document.GetProvidersNameReply200]:
        """The upstreams."""
        return self._transport.list("GET /v1/providers", options)

    def delete(self, name: str, *, options: CallOptions | None = None) -> None:
        """Deletes an upstream."""
        self._transport.request("DELETE /v1/providers/{name}", options, path={"name": name})

    def set_key(
        self,
        provider: str,
        name: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PutProvidersProviderKeysNameBody],
    ) -> document.PutProvidersProviderKeysNameReply200:
        """Sets one of a provider's keys, with its limits."""
        reply: document.PutProvidersProviderKeysNameReply200 = self._transport.request(
            "PUT /v1/providers/{provider}/keys/{name}",
            options,
            path={"provider": provider, "name": name},
            body=body,
        )
        return reply

    def get_key(
        self, provider: str, name: str, *, options: CallOptions | None = None
    ) -> document.GetProvidersProviderKeysNameReply200:
        """One of a provider's keys, redacted."""
        reply: document.GetProvidersProviderKeysNameReply200 = self._transport.request(
            "GET /v1/providers/{provider}/keys/{name}", options, path={"provider": provider, "name": name}
        )
        return reply

    def keys(
        self, provider: str, *, options: CallOptions | None = None
    ) -> List[document.GetProvidersProviderKeysNameReply200]:
        """A provider's keys, redacted."""
        return self._transport.list("GET /v1/providers/{provider}/keys", options, path={"provider": provider})

    def delete_key(self, provider: str, name: str, *, options: CallOptions | None = None) -> None:
        """Deletes one of a provider's keys."""
        self._transport.request(
            "DELETE /v1/providers/{provider}/keys/{name}", options, path={"provider": provider, "name": name}
        )

    def gate(self, *, options: CallOptions | None = None) -> document.GetGateReply200:
        """How the keys, lanes and breakers of each provider stand."""
        reply: document.GetGateReply200 = self._transport.request("GET /v1/gate", options)
        return reply


class Prices:
    """Calls about what models cost."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(
        self,
        provider: str,
        model: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PutPricesProviderModelBody],
    ) -> document.PutPricesProviderModelReply200:
        """Sets the tenant's own price of a model."""
        reply: document.PutPricesProviderModelReply200 = self._transport.request(
            "PUT /v1/prices/{provider}/{model}",
            options,
            path={"provider": provider, "model": model},
            body=body,
        )
        return reply

    def list(
        self, *, model: str | None = None, options: CallOptions | None = None
    ) -> List[document.PutPricesProviderModelReply200]:
        """The prices that apply, and which table they are of."""
        return self._transport.list("GET /v1/prices", options, query={"model": model})

    def delete(self, provider: str, model: str, *, options: CallOptions | None = None) -> None:
        """Takes back the tenant's own price of a model."""
        self._transport.request(
            "DELETE /v1/prices/{provider}/{model}", options, path={"provider": provider, "model": model}
        )
