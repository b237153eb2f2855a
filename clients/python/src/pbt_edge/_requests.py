"""What a call sends, and when it is repeated: the same for both clients, without a network."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Mapping, TypedDict
from urllib.parse import quote

import httpx

from ._document import IDEMPOTENT_POSTS
from .errors import ApiError, ConnectionError, PbtEdgeError

#: A server that asks for a longer wait gets none: the error is the caller's to treat. In seconds.
LONGEST_WAIT = 60.0
_FIRST_WAIT = 0.5
_LAST_WAIT = 8.0


class CallOptions(TypedDict, total=False):
    """What one call may set, whatever it calls."""

    #: The longest wait for a connection, or for the next piece of an answer, in seconds.
    timeout: float
    #: How often a call that failed without a result is repeated.
    max_retries: int
    #: Makes a POST safe to repeat, where it takes one. Without it the client makes one itself.
    idempotency_key: str
    #: More request headers.
    headers: Mapping[str, str]


#: The header by which a read sees what its caller wrote before, though replicas may answer.
BOOKMARK_HEADER = "x-pbt-bookmark"
#: What reads show where answers overlapped, so that nobody knows which of them is of the later
#: state. The server reads from its primaries then.
UNORDERED = "-"


#: Hosts of this machine, which nobody reads on their way.
_THIS_MACHINE = re.compile(r"localhost|.+\.localhost|127(?:\.\d{1,3}){3}|::1")


def check_encrypted(base_url: str, allow_http: bool) -> str:
    """The address, unless others could read the key on its way there and nobody allowed that."""
    url = httpx.URL(base_url)
    if url.scheme == "http" and not _THIS_MACHINE.fullmatch(url.host) and not allow_http:
        raise PbtEdgeError(
            f"{base_url} is not encrypted, so others could read the key. "
            "Use https://, or allow_http=True."
        )
    return base_url


@dataclass(frozen=True)
class Settings:
    """Where the API is, and what holds for every call."""

    base_url: str
    api_key: str
    timeout: float
    max_retries: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Prepared:
    """A request as it is sent, the same each time."""

    method: str
    url: str
    headers: httpx.Headers
    content: str | None
    timeout: float
    max_retries: int
    #: Whether sending it again does no harm where the first was carried out.
    is_repeatable: bool
    idempotency_key: str | None


def prepare(
    settings: Settings,
    operation: str,
    options: CallOptions | None = None,
    *,
    path: Mapping[str, str | int] | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Prepared:
    """A request with its headers, its body and its `Idempotency-Key`, which all attempts share."""
    given = options or {}
    method, _, template = operation.partition(" ")
    sent = httpx.Headers({**settings.headers, **(headers or {}), **given.get("headers", {})})
    sent["authorization"] = f"Bearer {settings.api_key}"
    if body is not None:
        sent.setdefault("content-type", "application/json")
    max_retries = given.get("max_retries", settings.max_retries)
    takes_key = operation in IDEMPOTENT_POSTS
    key = given.get("idempotency_key") or sent.get("idempotency-key")
    # A key costs the server two more steps, so a call that is not repeated has none by itself.
    if key is None and takes_key and max_retries > 0:
        key = str(uuid.uuid4())
    if key is not None:
        sent["idempotency-key"] = key
    return Prepared(
        method=method,
        url=str(
            httpx.URL(settings.base_url.rstrip("/") + _filled(template, path or {}), params=_known(query))
        ),
        headers=sent,
        content=body if body is None or isinstance(body, str) else json.dumps(body),
        timeout=given.get("timeout", settings.timeout),
        max_retries=max_retries,
        is_repeatable=(takes_key and key is not None) if method == "POST" else "if-match" not in sent,
        idempotency_key=key,
    )


def _filled(template: str, path: Mapping[str, str | int]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: quote(str(path[found[1]]), safe=""), template)


def _known(query: Mapping[str, Any] | None) -> dict[str, str] | None:
    known = {name: _query_text(value) for name, value in (query or {}).items() if value is not None}
    return known or None


def _query_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def wait_before_retry(error: Exception, retries: int, is_repeatable: bool, random: float) -> float | None:
    """How long to wait before a call is repeated, in seconds, or None where it is not.

    A 429 was not carried out, so any call is repeated after it. After a 503, a 409 of a request that
    still runs, an answer of a proxy and a connection that failed, only a repeatable call is. What the
    server stored as the result of an `Idempotency-Key` is final.
    """
    if isinstance(error, ConnectionError):
        return _back_off(retries, random) if is_repeatable else None
    if not isinstance(error, ApiError) or error.is_final:
        return None
    may_pass = error.status == 429 or (
        is_repeatable and (error.is_of_proxy or error.status == 503 or is_still_running(error))
    )
    if not may_pass:
        return None
    wait = _back_off(retries, random) if error.retry_after is None else error.retry_after
    return wait if wait <= LONGEST_WAIT else None


def is_still_running(error: Exception) -> bool:
    """A conflict that names a time is about a request that has not ended; any other one stays."""
    return isinstance(error, ApiError) and error.status == 409 and error.retry_after is not None


def _back_off(retries: int, random: float) -> float:
    """Waits double, and differ between clients that failed together."""
    return min(_LAST_WAIT, _FIRST_WAIT * float(2**retries)) * (0.5 + random / 2)
