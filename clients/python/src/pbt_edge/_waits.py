"""Waiting between attempts."""

from __future__ import annotations

import time

import anyio


async def async_wait(seconds: float) -> None:
    """Waits in whichever event loop runs."""
    await anyio.sleep(seconds)


def wait(seconds: float) -> None:
    """Waits in this thread."""
    time.sleep(seconds)
