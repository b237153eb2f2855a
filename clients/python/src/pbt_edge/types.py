"""What calls answer, under the names that programs use."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

from . import _document as document
from ._requests import CallOptions as CallOptions
from ._document import ExecuteOptions as ExecuteOptions
from ._document import OperationName as OperationName

Execution = document.PostExecutionsReply200
RecordedExecution = document.GetExecutionsReply200DataItem
Batch = document.GetBatchesIdReply200
BatchItem = document.GetBatchesIdResultsReply200
Prompt = document.GetPromptsNameReply200
PublishedPrompt = document.PutPromptsNameReply200
UsageReport = document.GetUsageReply200


class StartEvent(TypedDict):
    """The execution has begun."""

    type: Literal["start"]
    id: str
    model: str | None
    prompt: dict[str, Any] | None


class TextEvent(TypedDict):
    """A piece of the answer, or of the reasoning before it."""

    type: Literal["delta", "reasoning"]
    text: str


class ToolCallEvent(TypedDict):
    """A call that the model asks for."""

    type: Literal["tool_call"]
    index: int
    id: str
    name: str
    arguments: Any


class DoneEvent(TypedDict):
    """The end, with the execution as a whole."""

    type: Literal["done"]
    execution: Execution


StreamEvent = Union[StartEvent, TextEvent, ToolCallEvent, DoneEvent]


class ProgressEvent(TypedDict):
    """A batch has changed."""

    type: Literal["progress"]
    status: str
    counts: dict[str, int]
    cost_usd: float | None


class BatchDoneEvent(TypedDict):
    """A batch has ended."""

    type: Literal["done"]
    batch: Batch


BatchEvent = Union[ProgressEvent, BatchDoneEvent]
