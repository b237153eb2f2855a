# Made of `_async` by `npm run client:generate`; do not edit.
"""The tenant's own settings."""

from __future__ import annotations

from typing import Unpack

from .. import _document as document
from ..types import CallOptions
from .lists import List
from .transport import Transport


class Keys:
    """Calls about the tenant's keys of this API."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self, *, options: CallOptions | None = None, **body: Unpack[document.PostKeysBody]
    ) -> document.PostKeysReply201:
        """Creates a key. Its `secret` is shown this once."""
        reply: document.PostKeysReply201 = self._transport.request("POST /v1/keys", options, body=body)
        return reply

    def list(self, *, options: CallOptions | None = None) -> List[document.GetKeysReply200DataItem]:
        """The live keys, newest first, without their secrets."""
        return self._transport.list("GET /v1/keys", options)

    def rotate(
        self, id: str, *, options: CallOptions | None = None, **body: Unpack[document.PostKeysIdRotateBody]
    ) -> document.PostKeysIdRotateReply200:
        """Gives a key a new secret. The old one stays good for a day, or for `overlap_seconds`."""
        reply: document.PostKeysIdRotateReply200 = self._transport.request(
            "POST /v1/keys/{id}/rotate", options, path={"id": id}, body=body
        )
        return reply

    def delete(self, id: str, *, options: CallOptions | None = None) -> None:
        """Revokes a key."""
        self._transport.request("DELETE /v1/keys/{id}", options, path={"id": id})


class Aliases:
    """Calls about other names of prompts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(
        self, alias: str, *, options: CallOptions | None = None, **body: Unpack[document.PutAliasesAliasBody]
    ) -> document.PutAliasesAliasReply200:
        """Lets an alias stand for a prompt."""
        reply: document.PutAliasesAliasReply200 = self._transport.request(
            "PUT /v1/aliases/{alias}", options, path={"alias": alias}, body=body
        )
        return reply

    def get(
        self, alias: str, *, options: CallOptions | None = None
    ) -> document.GetAliasesAliasReply200:
        """What an alias stands for."""
        reply: document.GetAliasesAliasReply200 = self._transport.request(
            "GET /v1/aliases/{alias}", options, path={"alias": alias}
        )
        return reply

    def list(self, *, options: CallOptions | None = None) -> List[document.GetAliasesAliasReply200]:
        """The aliases in their order."""
        return self._transport.list("GET /v1/aliases", options)

    def delete(self, alias: str, *, options: CallOptions | None = None) -> None:
        """Deletes an alias."""
        self._transport.request("DELETE /v1/aliases/{alias}", options, path={"alias": alias})


class Budgets:
    """Calls about budgets. A scope is `tenant`, `key:<id>` or `prompt:<name>`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(
        self, scope: str, *, options: CallOptions | None = None, **body: Unpack[document.PutBudgetsScopeBody]
    ) -> document.PutBudgetsScopeReply200:
        """Sets what a scope may spend."""
        reply: document.PutBudgetsScopeReply200 = self._transport.request(
            "PUT /v1/budgets/{scope}", options, path={"scope": scope}, body=body
        )
        return reply

    def list(self, *, options: CallOptions | None = None) -> List[document.GetBudgetsReply200DataItem]:
        """The budgets with what they have left."""
        return self._transport.list("GET /v1/budgets", options)

    def delete(self, scope: str, *, options: CallOptions | None = None) -> None:
        """Lifts a budget."""
        self._transport.request("DELETE /v1/budgets/{scope}", options, path={"scope": scope})


class Webhooks:
    """Calls about webhooks."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(
        self, name: str, *, options: CallOptions | None = None, **body: Unpack[document.PutWebhooksNameBody]
    ) -> document.PutWebhooksNameReply201:
        """Sets where events are posted."""
        reply: document.PutWebhooksNameReply201 = self._transport.request(
            "PUT /v1/webhooks/{name}", options, path={"name": name}, body=body
        )
        return reply

    def get(self, name: str, *, options: CallOptions | None = None) -> document.GetWebhooksNameReply200:
        """A webhook."""
        reply: document.GetWebhooksNameReply200 = self._transport.request(
            "GET /v1/webhooks/{name}", options, path={"name": name}
        )
        return reply

    def list(self, *, options: CallOptions | None = None) -> List[document.GetWebhooksNameReply200]:
        """The webhooks."""
        return self._transport.list("GET /v1/webhooks", options)

    def delete(self, name: str, *, options: CallOptions | None = None) -> None:
        """Deletes a webhook."""
        self._transport.request("DELETE /v1/webhooks/{name}", options, path={"name": name})

    def test(
        self, name: str, *, options: CallOptions | None = None
    ) -> document.PostWebhooksNameTestReply200:
        """Posts a test event."""
        reply: document.PostWebhooksNameTestReply200 = self._transport.request(
            "POST /v1/webhooks/{name}/test", options, path={"name": name}
        )
        return reply


class Telemetry:
    """Calls about where the tenant's traces are sent."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(
        self, *, options: CallOptions | None = None, **body: Unpack[document.PutTelemetryBody]
    ) -> document.PutTelemetryReply200:
        """Sets the collector."""
        reply: document.PutTelemetryReply200 = self._transport.request(
            "PUT /v1/telemetry", options, body=body
        )
        return reply

    def get(self, *, options: CallOptions | None = None) -> document.GetTelemetryReply200:
        """The collector."""
        reply: document.GetTelemetryReply200 = self._transport.request("GET /v1/telemetry", options)
        return reply

    def delete(self, *, options: CallOptions | None = None) -> None:
        """Sends the tenant's traces nowhere."""
        self._transport.request("DELETE /v1/telemetry", options)
