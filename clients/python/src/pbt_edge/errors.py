"""What calls raise."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

import httpx


class PbtEdgeError(Exception):
    """What every error of this client is."""


class ConnectionError(PbtEdgeError):
    """No answer came, or not all of it: the network failed, or nothing came for too long."""


class TimeoutError(ConnectionError):
    """Nothing came for `timeout`."""


class StreamBrokenError(ConnectionError):
    """A stream broke off before its end.

    The server reads the model's answer to its end all the same: streaming the same call with the
    same key gives that answer again, and nothing is paid twice.
    """

    def __init__(self, message: str, execution_id: str | None, idempotency_key: str | None) -> None:
        super().__init__(message)
        self.execution_id = execution_id
        self.idempotency_key = idempotency_key


class ApiError(PbtEdgeError):
    """The API answered with an error. Its subclasses are the kinds that callers treat differently."""

    def __init__(
        self,
        problem: dict[str, Any],
        retry_after: float | None = None,
        is_final: bool = False,
        is_of_proxy: bool = False,
    ) -> None:
        self.problem = problem
        self.status: int = problem["status"]
        self.code: str = problem["code"]
        #: The faulty fields of the request, each with `path` and `message`.
        self.fields: list[dict[str, str]] = problem.get("errors") or []
        self.request_id: str | None = problem.get("request_id")
        #: How long the server asks to wait, in seconds; None where it does not say.
        self.retry_after = retry_after
        #: Whether it is the stored result of an `Idempotency-Key`, which repeating does not change.
        self.is_final = is_final
        #: Whether something before the server answered in its place.
        self.is_of_proxy = is_of_proxy
        # The detail mostly tells of the faulty fields already.
        untold = [field for field in self.fields if field["message"] not in problem["detail"]]
        faults = [f"{field['path']}: {field['message']}" for field in untold]
        super().__init__("; ".join([problem["detail"], *faults]))


class AuthenticationError(ApiError):
    """401: the key is missing, unknown, expired or revoked."""


class PermissionError(ApiError):
    """403: the key lacks a scope."""


class NotFoundError(ApiError):
    """404: it does not exist, or is another tenant's."""


class ConflictError(ApiError):
    """409 or 412: something else is there already, or changed meanwhile."""


class ValidationError(ApiError):
    """400, 413 or 422: the request is at fault; `fields` says where."""


class BudgetExceededError(ApiError):
    """402: a budget does not allow the call."""

    @property
    def remaining_usd(self) -> float | None:
        """What the budget has left, in US dollars."""
        return self.problem.get("remaining_usd")

    @property
    def resets_at(self) -> str | None:
        """When it is full again."""
        return self.problem.get("resets_at")


class RateLimitError(ApiError):
    """429: too many requests, or no key of the provider has room in time."""


class ProviderError(ApiError):
    """502, 503 or 504: the provider failed, is overloaded or was too slow."""


_BY_CODE: dict[str, type[ApiError]] = {
    "authentication_error": AuthenticationError,
    "permission_error": PermissionError,
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "precondition_failed": ConflictError,
    "validation_error": ValidationError,
    "bad_request": ValidationError,
    "payload_too_large": ValidationError,
    "budget_exceeded": BudgetExceededError,
    "rate_limit_error": RateLimitError,
    "provider_error": ProviderError,
    "provider_overloaded": ProviderError,
    "timeout": ProviderError,
}

# The codes of statuses, for answers without one: those of drop-in doors and of proxies.
_BY_STATUS = {
    400: "bad_request",
    401: "authentication_error",
    402: "budget_exceeded",
    403: "permission_error",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "validation_error",
    429: "rate_limit_error",
    502: "provider_error",
    503: "provider_overloaded",
    504: "timeout",
}


def error_of_problem(problem: dict[str, Any], **facts: Any) -> ApiError:
    """The error of a problem, in the class of its code."""
    return _BY_CODE.get(problem["code"], ApiError)(problem, **facts)


def error_of_response(response: httpx.Response, now: float) -> ApiError:
    """The error of a response that was read. `now` is in Unix seconds."""
    status = response.status_code
    problem = {
        "detail": f"the server answered {status} with a page of HTML"
        if is_page(response)
        else response.text[:500] or f"the server answered {status}",
        "code": _BY_STATUS.get(status, "internal_error"),
        "request_id": response.headers.get("x-request-id"),
        **_problem_in(response.text),
        "status": status,
    }
    return error_of_problem(
        problem,
        retry_after=retry_after(response.headers.get("retry-after"), now),
        is_final=response.headers.get("idempotent-replayed") == "true",
        is_of_proxy=status >= 500 and "json" not in response.headers.get("content-type", ""),
    )


def is_page(response: httpx.Response) -> bool:
    """Whether a page of HTML stands where the API answers."""
    return bool(response.headers.get("content-type", "").startswith("text/html"))


def refuse_foreign(response: httpx.Response) -> None:
    """Raises where something else than the API answers: a page in its place, or a redirect to it."""
    if response.has_redirect_location:
        location = response.headers["location"]
        raise PbtEdgeError(
            f"{response.url} redirects to {location}: give the client the address that it leads to"
        )
    if response.is_success and is_page(response):
        raise ConnectionError(
            f"{response.url} answers with a page of HTML, so no PBT Edge server is there"
        )


def retry_after(value: str | None, now: float) -> float | None:
    """A `Retry-After` in seconds, also where it is a date. None where it is neither."""
    if value is None:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def _problem_in(text: str) -> dict[str, Any]:
    """What a body says of its error: a problem, or the `error` of a provider's wire format."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    if isinstance(body.get("code"), str) and isinstance(body.get("detail"), str):
        return body
    error = body.get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return {"detail": error["message"]}
    return {}
