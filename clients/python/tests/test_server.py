"""The sync client against a real server."""

import pytest
from conftest import World

from pbt_edge import (
    ConflictError,
    PbtEdge,
    PermissionError,
    StreamBrokenError,
    TimeoutError,
    ValidationError,
)

ADA = {"who": "Ada"}


@pytest.fixture
def client(world: World) -> PbtEdge:
    return PbtEdge(base_url=world.url, api_key=world.key)


def new_prompt(client: PbtEdge, world: World, name: str) -> str:
    client.prompts.publish(name, world.file(name))
    return name


def test_a_prompt_is_published_labelled_read_back_rendered_compared_and_listed(
    client: PbtEdge, world: World
) -> None:
    name = new_prompt(client, world, "py/prompt")
    new_prompt(client, world, "py/prompt-2")
    file = client.prompts.file(name)
    assert file == world.file(name)
    assert client.prompts.publish(name, file.replace("Greet", "Welcome"), if_version=1)["version"] == 2
    client.prompts.label(name, "production", 1)
    assert client.prompts.get(name)["labels"] == ["production"]
    assert client.prompts.render(name, variables=ADA)["version"] == 1
    assert client.prompts.diff(name, 1, 2)["compatible"] is True
    assert [version["version"] for version in client.prompts.versions(name)] == [2, 1]
    pages = list(client.prompts.list(limit=1).pages())
    assert len(pages) > 1 and all(len(page["data"]) == 1 for page in pages)
    with pytest.raises(ConflictError):
        client.prompts.publish(name, file, if_version=1)


def test_an_execution_is_answered_whole_and_a_faulty_variable_is_named(client: PbtEdge, world: World) -> None:
    name = new_prompt(client, world, "py/whole")
    reply = client.execute(name, variables=ADA, metadata={"case": "whole"})
    assert reply["output"] and reply["cost_usd"]
    client.executions.feedback(reply["id"], 1)
    with pytest.raises(ValidationError) as raised:
        client.execute(name, variables={"who": 1})
    assert raised.value.fields[0]["path"] == "variables.who"


def test_a_stream_gives_its_pieces_and_as_a_whole_what_they_add_up_to(client: PbtEdge, world: World) -> None:
    stream = client.stream(new_prompt(client, world, "py/stream"), variables=ADA)
    text = "".join(stream.text())
    assert text and stream.result()["output"] == text


def test_a_stream_that_is_left_is_closed(client: PbtEdge, world: World) -> None:
    with client.stream(new_prompt(client, world, "py/left"), variables=ADA) as stream:
        assert next(iter(stream))["type"] == "start"
    with pytest.raises(StreamBrokenError, match="left before its end"):
        stream.result()


def test_a_cut_stream_says_under_which_key_its_answer_is_kept_and_that_is_paid_once(
    client: PbtEdge, world: World
) -> None:
    name = new_prompt(client, world, "py/cut")
    before = world.calls()
    world.faults({"kind": "cut_stream", "events": 2})
    with pytest.raises(StreamBrokenError) as raised:
        client.stream(name, variables=ADA).result()
    key = raised.value.idempotency_key
    assert key is not None
    whole = client.stream(name, variables=ADA, options={"idempotency_key": key, "max_retries": 5}).result()
    assert whole["id"] == raised.value.execution_id and whole["output"]
    assert len(client.executions.list(prompt=name).all()) == 1
    assert world.calls() - before == 1


def test_a_lost_answer_a_503_and_a_429_with_a_date_are_repeated_with_one_key_and_charged_once(
    client: PbtEdge, world: World
) -> None:
    name = new_prompt(client, world, "py/lost")
    before = world.calls()
    world.faults(
        {"kind": "status", "status": 503, "retry_after": 1},
        {"kind": "drop_answer"},
        {"kind": "status", "status": 429, "retry_after": 2, "as_date": True},
    )
    client.execute(name, variables=ADA, options={"max_retries": 3})
    keys = world.keys()
    assert len(keys) == 4 and len(set(keys)) == 1 and keys[0] is not None
    assert len(client.executions.list(prompt=name).all()) == 1
    assert world.calls() - before == 1


def test_a_call_that_is_answered_too_late_ends(client: PbtEdge, world: World) -> None:
    world.faults({"kind": "hang"})
    with pytest.raises(TimeoutError):
        client.execute("py/whole", variables=ADA, options={"timeout": 0.2, "max_retries": 0})


def test_a_batch_is_accepted_once_watched_to_its_end_and_gives_its_items_in_order(
    client: PbtEdge, world: World
) -> None:
    prompt = new_prompt(client, world, "py/batch")
    world.faults({"kind": "drop_answer"})
    batch = client.batches.create(
        prompt=prompt, items=[{"custom_id": who, "variables": {"who": who}} for who in ("Ada", "Bob")]
    )
    assert [event["type"] for event in client.batches.watch(batch["id"])][-1] == "done"
    items = [(item["custom_id"], item["status"]) for item in client.batches.items(batch["id"])]
    assert items == [("Ada", "succeeded"), ("Bob", "succeeded")]
    assert len(client.executions.list(prompt=prompt).all()) == 2


def test_settings_usage_and_insights_are_read_and_written(client: PbtEdge, world: World) -> None:
    name = new_prompt(client, world, "py/settings")
    client.aliases.set("py-alias", prompt=name)
    assert client.aliases.get("py-alias")["prompt"] == name
    client.aliases.delete("py-alias")
    client.budgets.set(f"prompt:{name}", daily_usd=5)
    assert f"prompt:{name}" in [budget["scope"] for budget in client.budgets.list()]
    key = client.keys.create(name="py", scopes=["prompts:read"])
    with PbtEdge(base_url=world.url, api_key=key["secret"]) as weak, pytest.raises(PermissionError):
        weak.usage.get()
    client.keys.delete(key["id"])
    assert client.usage.get(group_by="prompt")["data"]
    assert client.usage.csv(group_by="model").startswith("model,")
    assert "data" in client.insights.forecast()
    assert "data" in client.request("GET /v1/models")
