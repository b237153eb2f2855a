# Made of `_async` by `npm run client:generate`; do not edit.
"""Who changed what."""

from __future__ import annotations

from .. import _document as document
from ..types import CallOptions
from .lists import List
from .transport import Transport


class Audit:
    """Calls about who changed what of the tenant's settings."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        limit: int | None = None,
        options: CallOptions | None = None,
    ) -> List[document.GetAuditReply200DataItem]:
        """The entries of the audit log, newest first."""
        query = {"actor": actor, "action": action, "object": object, "from": from_, "to": to, "limit": limit}
        return self._transport.list("GET /v1/audit", options, query=query)
