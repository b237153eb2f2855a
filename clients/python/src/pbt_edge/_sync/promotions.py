# Made of `_async` by `npm run client:generate`; do not edit.
"""Labels of prompts, and promotions."""

from __future__ import annotations

from typing import Unpack

from .. import _document as document
from ..types import CallOptions
from .lists import List
from .transport import Transport


class Labels:
    """Calls about labels of prompts. `prompts.label` moves one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, prompt: str, *, options: CallOptions | None = None
    ) -> List[document.GetPromptsNameLabelsReply200DataItem]:
        """The labels of a prompt and what they mean, without `latest`."""
        return self._transport.list("GET /v1/prompts/{name}/labels", options, path={"name": prompt})

    def history(
        self, prompt: str, label: str, *, options: CallOptions | None = None
    ) -> List[document.GetPromptsNameLabelsLabelHistoryReply200DataItem]:
        """Who moved a label when, from what to what, and why; newest first."""
        return self._transport.list(
            "GET /v1/prompts/{name}/labels/{label}/history", options, path={"name": prompt, "label": label}
        )

    def rollback(
        self,
        prompt: str,
        label: str,
        *,
        reason: str | None = None,
        if_version: int | None = None,
        options: CallOptions | None = None,
    ) -> document.PostPromptsNameLabelsLabelRollbackReply200:
        """Points a label at what it meant before, at once."""
        reply: document.PostPromptsNameLabelsLabelRollbackReply200 = self._transport.request(
            "POST /v1/prompts/{name}/labels/{label}/rollback",
            options,
            path={"name": prompt, "label": label},
            body={} if reason is None else {"reason": reason},
            headers=_if_match(if_version),
        )
        return reply

    def delete(
        self,
        prompt: str,
        label: str,
        *,
        reason: str | None = None,
        if_version: int | None = None,
        options: CallOptions | None = None,
    ) -> None:
        """Deletes a label; its history stays."""
        self._transport.request(
            "DELETE /v1/prompts/{name}/labels/{label}",
            options,
            path={"name": prompt, "label": label},
            query={"reason": reason},
            headers=_if_match(if_version),
        )

    def protection(
        self, prompt: str, label: str, *, options: CallOptions | None = None
    ) -> document.GetPromptsNameLabelsLabelProtectionReply200:
        """What a label has to pass before it moves."""
        reply: document.GetPromptsNameLabelsLabelProtectionReply200 = self._transport.request(
            "GET /v1/prompts/{name}/labels/{label}/protection", options, path={"name": prompt, "label": label}
        )
        return reply

    def protect(
        self,
        prompt: str,
        label: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PutPromptsNameLabelsLabelProtectionBody],
    ) -> document.PutPromptsNameLabelsLabelProtectionReply200:
        """Sets what a label has to pass before it moves."""
        reply: document.PutPromptsNameLabelsLabelProtectionReply200 = self._transport.request(
            "PUT /v1/prompts/{name}/labels/{label}/protection",
            options,
            path={"name": prompt, "label": label},
            body=body,
        )
        return reply


class Promotions:
    """Calls about promotions: moves of protected labels that were asked for."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, status: str | None = None, limit: int | None = None, options: CallOptions | None = None
    ) -> List[document.GetPromotionsIdReply200]:
        """The promotions, newest first."""
        return self._transport.list("GET /v1/promotions", options, query={"status": status, "limit": limit})

    def get(self, id: str, *, options: CallOptions | None = None) -> document.GetPromotionsIdReply200:
        """How a promotion stands."""
        reply: document.GetPromotionsIdReply200 = self._transport.request(
            "GET /v1/promotions/{id}", options, path={"id": id}
        )
        return reply

    def approve(
        self, id: str, *, options: CallOptions | None = None
    ) -> document.PostPromotionsIdApproveReply200:
        """Approves a promotion, by another key than the one that asked."""
        reply: document.PostPromotionsIdApproveReply200 = self._transport.request(
            "POST /v1/promotions/{id}/approve", options, path={"id": id}
        )
        return reply

    def cancel(
        self, id: str, *, options: CallOptions | None = None
    ) -> document.PostPromotionsIdCancelReply200:
        """Cancels a pending promotion."""
        reply: document.PostPromotionsIdCancelReply200 = self._transport.request(
            "POST /v1/promotions/{id}/cancel", options, path={"id": id}
        )
        return reply


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"if-match": f'"{version}"'}
