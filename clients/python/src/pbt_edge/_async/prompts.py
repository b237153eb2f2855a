"""Stored prompts and runs of their tests."""

from __future__ import annotations

from typing import Any, AsyncIterator, Mapping, Unpack

from .. import _document as document
from .._waits import async_wait
from ..types import CallOptions, Prompt, PublishedPrompt
from .lists import AsyncList
from .transport import AsyncTransport


class AsyncPrompts:
    """Calls about stored prompts."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def publish(
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
        reply: PublishedPrompt = await self._transport.request(
            "PUT /v1/prompts/{name}", options, path={"name": name}, body=file, headers=headers
        )
        return reply

    async def file(
        self,
        name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        options: CallOptions | None = None,
    ) -> str:
        """The file of a version, byte for byte as it was published."""
        text: str = await self._transport.request(
            "GET /v1/prompts/{name}",
            options,
            path={"name": name},
            query={"version": version, "label": label},
            headers={"accept": "application/yaml"},
        )
        return text

    async def get(
        self,
        name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        options: CallOptions | None = None,
    ) -> Prompt:
        """A version with its definition."""
        reply: Prompt = await self._transport.request(
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
    ) -> AsyncList[document.GetPromptsReply200DataItem]:
        """The prompts, each with its newest version and its labels."""
        query = {"tag": tag, "label": label, "prefix": prefix, "limit": limit}
        return self._transport.list("GET /v1/prompts", options, query=query)

    async def folder(
        self,
        prefix: str = "",
        *,
        cursor: str | None = None,
        limit: int | None = None,
        options: CallOptions | None = None,
    ) -> document.GetPromptsReply200:
        """A page of a folder, such as `support/`: its prompts, and as `prefixes` the folders in it."""
        query = {"prefix": prefix or None, "delimiter": "/", "cursor": cursor, "limit": limit}
        reply: document.GetPromptsReply200 = await self._transport.request("GET /v1/prompts", options, query=query)
        return reply

    def versions(
        self, name: str, *, options: CallOptions | None = None
    ) -> AsyncList[document.GetPromptsNameVersionsReply200DataItem]:
        """The versions of a prompt, newest first."""
        return self._transport.list("GET /v1/prompts/{name}/versions", options, path={"name": name})

    async def label(
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
        ) = await self._transport.request(
            "PUT /v1/prompts/{name}/labels/{label}", options, path={"name": name, "label": label}, body=body
        )
        return reply

    async def render(
        self,
        name: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PostPromptsNameRenderBody],
    ) -> document.PostPromptsNameRenderReply200:
        """What a model would be sent, without calling one."""
        reply: document.PostPromptsNameRenderReply200 = await self._transport.request(
            "POST /v1/prompts/{name}/render", options, path={"name": name}, body=body
        )
        return reply

    async def diff(
        self, name: str, from_: int | str, to: int | str, *, options: CallOptions | None = None
    ) -> document.PostPromptsNameDiffReply200:
        """What differs between two versions, given as numbers or labels."""
        reply: document.PostPromptsNameDiffReply200 = await self._transport.request(
            "POST /v1/prompts/{name}/diff", options, path={"name": name}, body={"from": from_, "to": to}
        )
        return reply

    async def delete(self, name: str, *, options: CallOptions | None = None) -> None:
        """Deletes a prompt with its versions."""
        await self._transport.request("DELETE /v1/prompts/{name}", options, path={"name": name})

    async def drop_answers(self, prompt: str, *, options: CallOptions | None = None) -> None:
        """Drops the stored answers of a prompt."""
        await self._transport.request("DELETE /v1/cache", options, query={"prompt": prompt})


class AsyncTestRuns:
    """Calls about runs of prompts' tests."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(
        self,
        name: str,
        *,
        options: CallOptions | None = None,
        **body: Unpack[document.PostPromptsNameTestsRunBody],
    ) -> document.PostPromptsNameTestsRunReply200:
        """Runs the tests of a version, or those that are given. A run that takes long goes on by itself."""
        reply: document.PostPromptsNameTestsRunReply200 = await self._transport.request(
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
    ) -> AsyncList[document.GetPromptsNameTestRunsReply200DataItem]:
        """The runs of a prompt's tests, newest first, without their results."""
        return self._transport.list(
            "GET /v1/prompts/{name}/test-runs", options, path={"name": prompt}, query={"version": version, "limit": limit}
        )

    async def get(self, id: str, *, options: CallOptions | None = None) -> document.GetTestRunsIdReply200:
        """How a run stands."""
        reply: document.GetTestRunsIdReply200 = await self._transport.request(
            "GET /v1/test-runs/{id}", options, path={"id": id}
        )
        return reply

    async def watch(
        self, id: str, *, every: float = 1.0, options: CallOptions | None = None
    ) -> AsyncIterator[document.GetTestRunsIdReply200]:
        """How a run stands, asked for every so many seconds until it has ended."""
        while True:
            run = await self.get(id, options=options)
            yield run
            if run["status"] != "running":
                return
            await async_wait(every)

    async def junit(self, id: str, *, options: CallOptions | None = None) -> str:
        """A run as JUnit XML."""
        reply: str = await self._transport.request(
            "GET /v1/test-runs/{id}/junit.xml", options, path={"id": id}
        )
        return reply

    async def cancel(
        self, id: str, *, options: CallOptions | None = None
    ) -> document.PostTestRunsIdCancelReply200:
        """No further trial begins."""
        reply: document.PostTestRunsIdCancelReply200 = await self._transport.request(
            "POST /v1/test-runs/{id}/cancel", options, path={"id": id}
        )
        return reply
