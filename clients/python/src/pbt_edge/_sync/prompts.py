# Made of `_async` by `npm run client:generate`; do not edit.
"""Stored prompts and runs of their tests."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Unpack

from .. import _document as document
from .._waits import wait
from ..types import CallOptions, Prompt, PublishedPrompt
from .lists import List
from .transport import Transport


class Prompts:
    """Calls about stored prompts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def publish(
        self,
        name: str,
        file: str | Mapping[str, Any],
        *,
        if_version: int | None = None,
        options: CallOptions | None = None,
    ) -> PublishedPrompt:
        """Publishes a prompt file, as its text or as JSON.

        Content that the newest version has makes no new one. With `if_version` it is a ConflictError
        where the newest version is another.
        """
        headers = {
            **({"content-type": "application/yaml"} if isinstance(file, str) else {}),
            **({} if if_version is None else {"if-match": f'"{if_version}"'}),
        }
        reply: PublishedPrompt = self._transport.request(
            "PUT /v1/prompts/{name}", options, path={"name": name}, body=file, headers=headers
        )
        return reply

    def file(
        self,
        name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        options: CallOptions | None = None,
    ) -> str:
        """The file of a version, byte for byte as it was published."""
        text: str = self._transport.request(
            "GET /v1/prompts/{name}",
            options,
            path={"name": name},
            query={"version": version, "label": label},
            headers={"accept": "application/yaml"},
        )
        return text

    def get(
        self,
        name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        options: CallOptions | None = None,
    ) -> Prompt:
        """A version with its definition."""
        reply: Prompt = self._transport.request(
            "GET /v1/prompts/{name}", options, path={"name": name}, query={"version": version, "label": label}
        )
        return reply

    def list(
        self,
        *,
        tag: str | None = None,
        label: str | None = None,
        prefix: str | None = None,
        limit: int | None = None,
        options: CallOptions | None = None,
    ) -> List[document.GetPromptsReply200DataItem]:
        """The prompts, each with its newest version and its labels."""
        query = {"tag": tag, "label": label, "prefix": prefix, "limit": limit}
        return self._transport.list("GET /v1/prompts", options, query=query)

    def folder(
        self,
        prefix: str = "",
        *,
        cursor: str | None = None,
        limit: int | None = None,
        options: CallOptions | None = None,
    ) -> document.GetPromptsReply200:
        """A page of a folder, such as `support/`: its prompts, and as `prefixes` the folders in it."""
        query = {"prefix": prefix or None, "delimiter": "/", "cursor": cursor, "limit": limit}
        reply: document.GetPromptsReply200 = self._transport.request("GET /v1/prompts", options, query=query)
        return reply

    def versions(
        self, name: str, *, options: CallOptions | None = None
    ) -> List[document.GetPromptsNameVersionsReply200DataItem]:
        """The versions of a prompt, newest first."""
        return self._transport.list("GET /v1/prompts/{name}/versions", options, path={"name": name})

    def label(
        self,
        name: str,
        label: str,
        target: int | document.PutPromptsNameLabelsLabelBody,
        *,
        options: CallOptions | None = None,
    ) -> document.PutPromptsNameLabelsLabelReply200 | document.PutPromptsNameLabelsLabelReply202:
        """Points a label at a version, or splits it among several by weight.

        A protected label answers with the promotion that moves it once all checks have passed.
        """
        body = {"version": target} if isinstance(target, int) else target
        reply: (
            document.PutPromptsNameLabelsLabelReply200 | document.PutPromptsNameLabelsLabelReply202
        ) = self._transport.request(
            "PUT /v1/prompts/{name}/labels/{label}", options, path={"name": name, "label": label}, body=body
        )
        return reply

    def render(
        self,
        name: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PostPromptsNameRenderBody],
    ) -> document.PostPromptsNameRenderReply200:
        """What a model would be sent, without calling one."""
        reply: document.PostPromptsNameRenderReply200 = self._transport.request(
            "POST /v1/prompts/{name}/render", options, path={"name": name}, body=body
        )
        return reply

    def diff(
        self, name: str, from_: int | str, to: int | str, *, options: CallOptions | None = None
    ) -> document.PostPromptsNameDiffReply200:
        """What differs between two versions, given as numbers or labels."""
        reply: document.PostPromptsNameDiffReply200 = self._transport.request(
            "POST /v1/prompts/{name}/diff", options, path={"name": name}, body={"from": from_, "to": to}
        )
        return reply

    def delete(self, name: str, *, options: CallOptions | None = None) -> None:
        """Deletes a prompt with its versions."""
        self._transport.request("DELETE /v1/prompts/{name}", options, path={"name": name})

    def drop_answers(self, prompt: str, *, options: CallOptions | None = None) -> None:
        """Drops the stored answers of a prompt."""
        self._transport.request("DELETE /v1/cache", options, query={"prompt": prompt})


class TestRuns:
    """Calls about runs of prompts' tests."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(
        self,
        name: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PostPromptsNameTestsRunBody],
    ) -> document.PostPromptsNameTestsRunReply200:
        """Runs the tests of a version, or those that are given. A run that takes long goes on by itself."""
        reply: document.PostPromptsNameTestsRunReply200 = self._transport.request(
            "POST /v1/prompts/{name}/tests/run", options, path={"name": name}, body=body
        )
        return reply

    def list(
        self,
        prompt: str,
        *,
        version: int | None = None,
        limit: int | None = None,
        options: CallOptions | None = None,
    ) -> List[document.GetPromptsNameTestRunsReply200DataItem]:
        """The runs of a prompt's tests, newest first, without their results."""
        return self._transport.list(
            "GET /v1/prompts/{name}/test-runs", options, path={"name": prompt}, query={"version": version, "limit": limit}
        )

    def get(self, id: str, *, options: CallOptions | None = None) -> document.GetTestRunsIdReply200:
        """How a run stands."""
        reply: document.GetTestRunsIdReply200 = self._transport.request(
            "GET /v1/test-runs/{id}", options, path={"id": id}
        )
        return reply

    def watch(
        self, id: str, *, every: float = 1.0, options: CallOptions | None = None
    ) -> Iterator[document.GetTestRunsIdReply200]:
        """How a run stands, asked for every so many seconds until it has ended."""
        while True:
            run = self.get(id, options=options)
            yield run
            if run["status"] != "running":
                return
            wait(every)

    def junit(self, id: str, *, options: CallOptions | None = None) -> str:
        """A run as JUnit XML."""
        reply: str = self._transport.request(
            "GET /v1/test-runs/{id}/junit.xml", options, path={"id": id}
        )
        return reply

    def cancel(
        self, id: str, *, options: CallOptions | None = None
    ) -> document.PostTestRunsIdCancelReply200:
        """No further trial begins."""
        reply: document.PostTestRunsIdCancelReply200 = self._transport.request(
            "POST /v1/test-runs/{id}/cancel", options, path={"id": id}
        )
        return reply
