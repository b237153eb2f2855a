"""What Python's official clients must be able to do, with only base URL and key changed.

Reads `{url, key, is_edge}` and prints a line of JSON for each case: client, name, reason, from, to.
"""

import asyncio
import itertools
import json
import sys
import time
import urllib.request

import anthropic
import openai
from pydantic import BaseModel

GPT, CLAUDE = "gpt-4o-mini", "claude-haiku-4-5"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAMES = ["get_weather", "get_time"]
CALLS = [{"name": name, "arguments": {"city": "Zürich"}} for name in NAMES]
EXPECTED = [(name, {"city": "Zürich"}) for name in NAMES]
CHAT_TOOLS = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in NAMES]
TOOLS = [{"type": "function", "name": name, "parameters": PARAMETERS, "strict": False} for name in NAMES]
CLAUDE_TOOLS = [{"name": name, "input_schema": PARAMETERS} for name in NAMES]
PACED = {"tokens_per_s": 40}

world = json.loads(sys.argv[1])
gpt = openai.OpenAI(base_url=world["url"] + "/v1", api_key=world["key"])
claude = anthropic.Anthropic(base_url=world["url"], api_key=world["key"])
numbers = itertools.count(1)


class City(BaseModel):
    name: str
    people: float


def ask(text="Hello", **profile):
    """A text that no other case has, with a profile for the mock in it."""
    return f"{text} from Python no. {next(numbers)}. [[mock:{json.dumps(profile)}]]"


def user(**profile):
    return [{"role": "user", "content": ask(**profile)}]


def refused(kind, call):
    """What a call is refused with."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"it was not refused with {kind.__name__}")


def chat_plain(model):
    answer = gpt.chat.completions.create(model=model, messages=user(answer="Grüezi."))
    assert answer.choices[0].message.content == "Grüezi.", answer
    assert answer.usage.completion_tokens > 0


def chat_streamed(model):
    options = {"include_usage": True}
    stream = gpt.chat.completions.create(
        model=model, messages=user(answer="One two three."), stream=True, stream_options=options
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "One two three."
    assert chunks[-1].usage.completion_tokens > 0


def chat_tools(model):
    whole = gpt.chat.completions.create(model=model, messages=user(tool_calls=CALLS), tools=CHAT_TOOLS)
    with gpt.chat.completions.stream(model=model, messages=user(tool_calls=CALLS), tools=CHAT_TOOLS) as stream:
        streamed = stream.get_final_completion()
    for answer in (whole, streamed):
        calls = answer.choices[0].message.tool_calls
        assert [(c.function.name, json.loads(c.function.arguments)) for c in calls] == EXPECTED, calls
        assert answer.choices[0].finish_reason == "tool_calls"


def chat_structured(model):
    answer = gpt.chat.completions.parse(model=model, messages=user(), response_format=City)
    assert isinstance(answer.choices[0].message.parsed, City)


def responses_plain(model):
    answer = gpt.responses.create(model=model, input=ask(answer="Grüezi."), instructions="Be brief.")
    assert answer.output_text == "Grüezi.", answer
    assert answer.usage.output_tokens > 0


def responses_streamed(model):
    with gpt.responses.stream(model=model, input=ask(answer="One two three.")) as stream:
        types = [event.type for event in stream]
        assert stream.get_final_response().output_text == "One two three."
    assert types[0] == "response.created" and types[-1] == "response.completed", types


def responses_tools(model):
    answer = gpt.responses.create(model=model, input=ask(tool_calls=CALLS), tools=TOOLS)
    calls = [(i.name, json.loads(i.arguments)) for i in answer.output if i.type == "function_call"]
    assert calls == EXPECTED, calls


def responses_structured(model):
    assert isinstance(gpt.responses.parse(model=model, input=ask(), text_format=City).output_parsed, City)


def responses_kept(_model):
    made = gpt.responses.create(model=GPT, input=ask())
    assert gpt.responses.retrieve(made.id).output_text == made.output_text
    nexts = [gpt.responses.create(model=GPT, input=ask(), previous_response_id=made.id) for _ in range(4)]
    assert all(answer.status == "completed" for answer in nexts)
    gpt.responses.delete(made.id)
    refused(openai.NotFoundError, lambda: gpt.responses.retrieve(made.id))


def embeddings(_model):
    body = {"model": "text-embedding-3-small", "input": ["a Python", "a stone"]}
    base64 = gpt.embeddings.create(**body)
    floats = gpt.embeddings.create(**body, encoding_format="float")
    assert [len(each.embedding) for each in floats.data] == [1536, 1536]
    for one, other in zip(base64.data, floats.data):
        assert max(abs(a - b) for a, b in zip(one.embedding, other.embedding)) < 1e-6


def models(_model):
    assert GPT in [model.id for model in gpt.models.list()]
    assert claude.models.retrieve(CLAUDE).id == CLAUDE


def messages_plain(model):
    answer = claude.messages.create(model=model, max_tokens=300, messages=user(answer="Grüezi."))
    assert answer.content[0].text == "Grüezi.", answer
    assert answer.usage.output_tokens > 0


def messages_streamed(model):
    with claude.messages.stream(model=model, max_tokens=300, messages=user(answer="One two three.")) as stream:
        assert "".join(stream.text_stream) == "One two three."
        assert stream.get_final_message().stop_reason == "end_turn"


def messages_tools(model):
    body = {"model": model, "max_tokens": 300, "tools": CLAUDE_TOOLS}
    whole = claude.messages.create(**body, messages=user(tool_calls=CALLS))
    with claude.messages.stream(**body, messages=user(tool_calls=CALLS)) as stream:
        streamed = stream.get_final_message()
    for answer in (whole, streamed):
        uses = [(b.name, b.input) for b in answer.content if b.type == "tool_use"]
        assert uses == EXPECTED, uses
        assert answer.stop_reason == "tool_use"


def messages_thinking(_model):
    thinking = {"type": "enabled", "budget_tokens": 1024}
    body = {"model": CLAUDE, "max_tokens": 2000, "thinking": thinking}
    answer = claude.messages.create(**body, messages=user(reasoning="Hm.", answer="So."))
    assert (answer.content[0].thinking, answer.content[0].signature) == ("Hm.", "mock"), answer


def messages_structured(model):
    answer = claude.messages.parse(model=model, max_tokens=300, messages=user(), output_format=City)
    assert isinstance(answer.parsed_output, City)


def messages_counted(model):
    assert claude.messages.count_tokens(model=model, messages=user()).input_tokens > 5


def errors_of_openai(_model):
    error = refused(openai.BadRequestError, lambda: gpt.chat.completions.create(model=GPT, messages=[]))
    assert error.param and error.param.startswith("messages"), error.param
    refused(openai.InternalServerError, lambda: chat_with(gpt.with_options(max_retries=0), status=500))
    refused(openai.RateLimitError, lambda: chat_with(gpt.with_options(max_retries=0), status=429, retry_after="1"))
    refused(openai.APITimeoutError, lambda: chat_with(gpt.with_options(max_retries=0, timeout=0.3), delay_ms=1500))
    stream = gpt.chat.completions.create(model=GPT, messages=user(fault="error_in_200"), stream=True)
    refused(openai.APIError, lambda: list(stream))


def errors_of_anthropic(_model):
    body = {"model": CLAUDE, "max_tokens": 300}
    patient = claude.with_options(max_retries=0)
    refused(anthropic.BadRequestError, lambda: claude.messages.create(**body, messages=[]))
    refused(anthropic.InternalServerError, lambda: patient.messages.create(**body, messages=user(status=500)))
    limited = user(status=429, retry_after="1")
    refused(anthropic.RateLimitError, lambda: patient.messages.create(**body, messages=limited))
    stream = claude.messages.create(**body, messages=user(fault="error_in_200"), stream=True)
    refused(anthropic.APIError, lambda: list(stream))


def chat_with(client, **profile):
    return client.chat.completions.create(model=GPT, messages=user(**profile))


def left_early(_model):
    """A client that leaves a stream in its middle, and one whose task is cancelled."""
    stream = gpt.chat.completions.create(model=GPT, messages=user(**PACED), stream=True)
    assert len(list(itertools.islice(stream, 4))) == 4
    stream.close()
    body = {"model": CLAUDE, "max_tokens": 300, "stream": True}
    stream = claude.messages.create(**body, messages=user(**PACED))
    assert len(list(itertools.islice(stream, 4))) == 4
    stream.close()

    async def cancelled():
        client = openai.AsyncOpenAI(base_url=world["url"] + "/v1", api_key=world["key"])
        call = client.chat.completions.create(model=GPT, messages=user(delay_ms=1000))
        await asyncio.wait_for(call, 0.5)

    refused(TimeoutError, lambda: asyncio.run(cancelled()))
    chat_plain(GPT)


BY_OPENAI = [chat_plain, chat_streamed, chat_tools, chat_structured]
BY_RESPONSES = [responses_plain, responses_streamed, responses_tools, responses_structured]
BY_ANTHROPIC = [messages_plain, messages_streamed, messages_tools, messages_structured, messages_counted]
OTHERS = [responses_kept, embeddings, models, messages_thinking, errors_of_openai, errors_of_anthropic, left_early]


def cases():
    for case in [*BY_OPENAI, *BY_RESPONSES]:
        yield "openai (python)", case, GPT
    for case in BY_ANTHROPIC:
        yield "anthropic (python)", case, CLAUDE
    for case in OTHERS:
        yield "openai, anthropic (python)", case, GPT
    if world["is_edge"]:
        for case in [*BY_OPENAI, *BY_RESPONSES]:
            yield "openai (python) → claude", case, CLAUDE
        for case in BY_ANTHROPIC:
            yield "anthropic (python) → gpt", case, GPT


def until_quiet():
    """Waits until the provider has ended all calls, so that none falls to the next case."""
    for _ in range(600):
        with urllib.request.urlopen(world["mock"] + "/__mock/stats") as response:
            if json.load(response)["in_flight"] == 0:
                return
        time.sleep(0.02)


for client, case, model in cases():
    name = case.__name__.replace("_", " ")
    if world["only"] not in f"{client} {name}":
        continue
    start, reason = time.time(), None
    try:
        case(model)
    except Exception as error:  # What a client raises is what is judged.
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    until_quiet()
    span = {"from": int(start * 1000), "to": int(time.time() * 1000) + 1}
    print(json.dumps({"client": client, "name": name, **span, **({"reason": reason} if reason else {})}), flush=True)
