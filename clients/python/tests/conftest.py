"""A real server behind a proxy with faults, as `npm run prove -- clients` starts them."""

import os
from typing import Any

import httpx
import pytest

FILE = "name: {name}\nmodel: gpt-4o-mini\ntemplate: Greet {{{{ who }}}}.\nvariables: {{who: {{type: string, required: true}}}}\n"


class World:
    """The server's address and key, and what the proxy and the mock provider saw."""

    def __init__(self) -> None:
        self.url = os.environ["PBT_URL"]
        self.key = os.environ["PBT_KEY"]
        self._mock = os.environ["PBT_MOCK_URL"]

    def file(self, name: str) -> str:
        return FILE.format(name=name)

    def faults(self, *faults: dict[str, Any]) -> None:
        """Sets what the proxy does to the next requests, one each."""
        httpx.put(f"{self.url}/__proxy/faults", json=list(faults)).raise_for_status()

    def keys(self) -> list[str | None]:
        """The `Idempotency-Key` of each request since the faults were set."""
        return [seen["idempotency_key"] for seen in httpx.get(f"{self.url}/__proxy/requests").json()]

    def calls(self) -> int:
        """How many calls the provider has had."""
        total: int = httpx.get(f"{self._mock}/__mock/calls?since=9007199254740991").json()["total"]
        return total


@pytest.fixture
def world() -> World:
    if "PBT_URL" not in os.environ:
        pytest.skip("needs a server: npm run prove -- clients")
    world = World()
    world.faults()
    return world


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
