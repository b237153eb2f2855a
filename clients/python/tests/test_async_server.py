"""The async client against a real server."""

import anyio
import pytest
from conftest import World

from pbt_edge import AsyncPbtEdge, StreamBrokenError

pytestmark = pytest.mark.anyio
ADA = {"who": "Ada"}


async def test_executions_streams_lists_and_batches_are_those_of_the_sync_client(world: World) -> None:
    async with AsyncPbtEdge(base_url=world.url, api_key=world.key) as client:
        name = "py/async"
        await client.prompts.publish(name, world.file(name))
        assert (await client.execute(name, variables=ADA))["status"] == "succeeded"
        stream = client.stream(name, variables={"who": "Bob"})
        text = "".join([piece async for piece in stream.text()])
        assert text and (await stream.result())["output"] == text
        assert name in [prompt["name"] async for prompt in client.prompts.list(limit=2)]
        batch = await client.batches.create(prompt=name, items=[{"variables": {"who": "Eve"}}])
        events = [event["type"] async for event in client.batches.watch(batch["id"])]
        assert events[-1] == "done"
        assert [item["status"] async for item in client.batches.items(batch["id"])] == ["succeeded"]


async def test_a_cut_stream_and_a_lost_answer_are_charged_once(world: World) -> None:
    async with AsyncPbtEdge(base_url=world.url, api_key=world.key) as client:
        name = "py/async-lost"
        await client.prompts.publish(name, world.file(name))
        before = world.calls()
        world.faults({"kind": "drop_answer"})
        await client.execute(name, variables=ADA)
        world.faults({"kind": "cut_stream", "events": 1})
        with pytest.raises(StreamBrokenError):
            await client.stream(name, variables={"who": "Bob"}).result()
        assert world.calls() - before == 2


async def test_a_cancelled_call_ends_at_once(world: World) -> None:
    async with AsyncPbtEdge(base_url=world.url, api_key=world.key) as client:
        world.faults({"kind": "hang"})
        with anyio.move_on_after(0.2) as scope:
            await client.execute("py/async", variables=ADA)
        assert scope.cancelled_caught
        assert (await client.request("GET /v1/models"))["data"]
