"""What is sent and repeated, without a server."""

import httpx
import pytest

from pbt_edge import ApiError, ConnectionError, PbtEdge, PbtEdgeError
from pbt_edge._requests import Settings, prepare, wait_before_retry
from pbt_edge._sse import SseParser
from pbt_edge.errors import error_of_response, retry_after

SETTINGS = Settings("https://edge.example/", "pbt_key", 1.0, 2, {})
NOON = 1795694400.0  # 2026-11-26T12:00:00Z


def failure(status: int, **headers: str) -> ApiError:
    problem = {"code": "x", "detail": "It failed.", "status": status}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_of_response(httpx.Response(status, json=problem, headers=sent), NOON)


@pytest.mark.parametrize("base_url", ["http://edge.example", "http://127.0.0.1.example"])
def test_no_key_is_sent_where_others_could_read_it_unless_it_may(base_url: str) -> None:
    with pytest.raises(PbtEdgeError, match="is not encrypted.*allow_http"):
        PbtEdge(base_url=base_url, api_key="pbt_key")
    with PbtEdge(base_url=base_url, api_key="pbt_key", allow_http=True):
        pass


@pytest.mark.parametrize(
    "base_url", ["https://edge.example", "http://localhost:8787", "http://127.0.0.9", "http://[::1]:1"]
)
def test_this_machine_and_encrypted_addresses_are_called(base_url: str) -> None:
    with PbtEdge(base_url=base_url, api_key="pbt_key"):
        pass


def test_a_path_keeps_the_folders_of_a_name_and_a_query_leaves_out_what_is_none() -> None:
    prepared = prepare(
        SETTINGS,
        "GET /v1/prompts/{name}",
        path={"name": "support/answer"},
        query={"label": "b c", "version": None},
    )
    assert prepared.url == "https://edge.example/v1/prompts/support%2Fanswer?label=b+c"
    assert prepared.headers["authorization"] == "Bearer pbt_key"


def test_a_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after("7", NOON) == 7
    assert retry_after("Thu, 26 Nov 2026 12:00:09 GMT", NOON) == 9
    assert retry_after("soon", NOON) is None


@pytest.mark.parametrize(
    ("error", "is_repeatable", "wait"),
    [
        (failure(429, retry_after="3"), False, 3.0),
        (failure(429, retry_after="61"), True, None),
        (failure(503), True, 0.75),
        (failure(503), False, None),
        (failure(503, idempotent_replayed="true"), True, None),
        (failure(409, retry_after="1"), True, 1.0),
        (failure(409), True, None),
        (failure(502), True, None),
        (error_of_response(httpx.Response(502, html="<h1>"), NOON), True, 0.75),
        (ConnectionError("cut"), True, 0.75),
        (ConnectionError("cut"), False, None),
    ],
)
def test_what_may_pass_is_repeated_where_that_does_no_harm(
    error: Exception, is_repeatable: bool, wait: float | None
) -> None:
    assert wait_before_retry(error, 1, is_repeatable, 0.5) == wait


def test_only_posts_that_take_a_key_are_repeatable_and_puts_over_any_version() -> None:
    assert prepare(SETTINGS, "POST /v1/executions", body={}).is_repeatable
    assert prepare(SETTINGS, "POST /v1/executions", {"max_retries": 0}, body={}).idempotency_key is None
    assert not prepare(SETTINGS, "POST /v1/keys", body={}).is_repeatable
    assert not prepare(
        SETTINGS, "PUT /v1/prompts/{name}", path={"name": "x"}, headers={"if-match": "1"}
    ).is_repeatable


def test_events_are_read_however_they_are_cut() -> None:
    parser = SseParser()
    pieces = ["event: del", "ta\r\ndata: {\ndata:  }\r\n", "\r\nevent: done\ndata: 1\n\n"]
    assert [event for piece in pieces for event in parser.push(piece)] == [("delta", "{\n }"), ("done", "1")]


def test_the_errors_of_drop_in_doors_have_the_class_of_their_status() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": {"message": "Incorrect API key"}})

    client = PbtEdge(
        base_url="https://edge.example", api_key="k", http=httpx.Client(transport=httpx.MockTransport(answer))
    )
    with pytest.raises(ApiError, match="Incorrect API key") as raised:
        client.request("GET /v1/models")
    assert type(raised.value).__name__ == "AuthenticationError"


@pytest.mark.parametrize(
    ("detail", "message"),
    [("prompt: is missing", "prompt: is missing"), ("The body is wrong.", "The body is wrong.; prompt: is missing")],
)
def test_a_fault_is_told_once_where_the_detail_tells_of_it_already(detail: str, message: str) -> None:
    faults = [{"path": "prompt", "message": "is missing"}]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(422, json={"code": "validation_error", "detail": detail, "errors": faults})

    client = PbtEdge(
        base_url="https://edge.example", api_key="k", http=httpx.Client(transport=httpx.MockTransport(answer))
    )
    with pytest.raises(ApiError) as raised:
        client.request("GET /v1/models")
    assert str(raised.value) == message


def test_reads_show_what_the_last_answer_to_a_write_said() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("x-pbt-bookmark"))
        told = {"x-pbt-bookmark": "b.1"} if request.method == "PUT" else {}
        return httpx.Response(200, json={"data": [], "next_cursor": None}, headers=told)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = PbtEdge(base_url="https://edge.example", api_key="pbt_key", http=http)
        client.request("GET /v1/keys")
        client.request("PUT /v1/prompts/{name}/labels/{label}", path={"name": "a", "label": "b"}, body={"version": 1})
        client.request("GET /v1/keys")
        client.request("GET /v1/keys")
    assert seen == [None, None, "b.1", "b.1"]


def test_a_read_that_began_before_a_write_does_not_replace_what_that_said() -> None:
    seen: list[str | None] = []

    def told(bookmark: str) -> httpx.Response:
        return httpx.Response(200, json={"data": [], "next_cursor": None}, headers={"x-pbt-bookmark": bookmark})

    def move() -> None:
        client.request("PUT /v1/prompts/{name}/labels/{label}", path={"name": "a", "label": "b"}, body={"version": 1})

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("x-pbt-bookmark"))
        if request.method == "PUT":
            return told(f"b.{len(seen)}")
        if len(seen) == 2:
            move()
        return told("b.1")

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = PbtEdge(base_url="https://edge.example", api_key="pbt_key", http=http)
        move()
        client.request("GET /v1/keys")
        client.request("GET /v1/keys")
    assert seen == [None, "b.1", None, "b.3"]


def test_reads_show_neither_of_two_writes_whose_answers_overlapped() -> None:
    seen: list[str | None] = []

    def move() -> None:
        client.request("PUT /v1/prompts/{name}/labels/{label}", path={"name": "a", "label": "b"}, body={"version": 1})

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("x-pbt-bookmark"))
        number = len(seen)
        if number == 1:
            move()
        return httpx.Response(
            200, json={"data": [], "next_cursor": None}, headers={"x-pbt-bookmark": f"b.{number}"}
        )

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = PbtEdge(base_url="https://edge.example", api_key="pbt_key", http=http)
        move()
        client.request("GET /v1/keys")
        client.request("GET /v1/keys")
    assert seen == [None, None, "-", "b.3"]


def client_of(*answers: httpx.Response) -> tuple[PbtEdge, list[httpx.Request]]:
    """A client before a server that gives these answers one after the other."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answers[len(seen) - 1]

    http = httpx.Client(transport=httpx.MockTransport(answer))
    return PbtEdge(base_url="https://edge.example", api_key="k", http=http), seen


def test_a_request_that_still_runs_is_waited_for_beyond_max_retries() -> None:
    problem = {"code": "conflict", "detail": "It still runs.", "status": 409}
    running = [httpx.Response(409, json=problem, headers={"retry-after": "0"}) for _ in range(9)]
    client, seen = client_of(*running, httpx.Response(200, json={"id": "exe_1"}))
    assert client.execute("hello")["id"] == "exe_1"
    assert len({request.headers["idempotency-key"] for request in seen}) == 1


def test_a_page_of_html_is_no_answer_of_the_api() -> None:
    client, _ = client_of(httpx.Response(200, html="<h1>Sign in</h1>"))
    with pytest.raises(ConnectionError, match="answers with a page of HTML"):
        client.keys.create(name="x", scopes=["prompts:read"])


def test_a_redirect_is_not_followed() -> None:
    client, seen = client_of(httpx.Response(301, headers={"location": "https://other.example/v1"}))
    with pytest.raises(PbtEdgeError, match="redirects to https://other.example"):
        client.execute("hello")
    assert len(seen) == 1
