"""The typed client of PBT Edge, sync and async."""

from ._async.client import AsyncPbtEdge
from ._async.lists import AsyncList
from ._async.streams import AsyncStream
from ._sync.client import PbtEdge
from ._sync.lists import List
from ._sync.streams import Stream
from .errors import (
    ApiError,
    AuthenticationError,
    BudgetExceededError,
    ConflictError,
    ConnectionError,
    NotFoundError,
    PbtEdgeError,
    PermissionError,
    ProviderError,
    RateLimitError,
    StreamBrokenError,
    TimeoutError,
    ValidationError,
)

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "AsyncList",
    "AsyncPbtEdge",
    "AsyncStream",
    "AuthenticationError",
    "BudgetExceededError",
    "ConflictError",
    "ConnectionError",
    "List",
    "NotFoundError",
    "PbtEdge",
    "PbtEdgeError",
    "PermissionError",
    "ProviderError",
    "RateLimitError",
    "Stream",
    "StreamBrokenError",
    "TimeoutError",
    "ValidationError",
]
