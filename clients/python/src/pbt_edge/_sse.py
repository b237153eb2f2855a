"""Reading server-sent events and lines from text that arrives in pieces."""

from __future__ import annotations


class LineSplitter:
    """Splits text into lines. It holds only the line that has not ended yet."""

    def __init__(self) -> None:
        self.rest = ""

    def push(self, piece: str) -> list[str]:
        """The lines that end in this piece, without their line feeds."""
        *lines, self.rest = (self.rest + piece).split("\n")
        return [line.removesuffix("\r") for line in lines]


class SseParser:
    """Reads server-sent events. Ids and retry times are left out."""

    def __init__(self) -> None:
        self._lines = LineSplitter()
        self._event = ""
        self._data: list[str] = []

    def push(self, piece: str) -> list[tuple[str, str]]:
        """The events that end in this piece, each with its name and its data."""
        events: list[tuple[str, str]] = []
        for line in self._lines.push(piece):
            name, _, value = line.partition(":")
            if line == "":
                if self._data:
                    events.append((self._event, "\n".join(self._data)))
                self._event, self._data = "", []
            elif name == "data":
                self._data.append(value.removeprefix(" "))
            elif name == "event":
                self._event = value.removeprefix(" ")
        return events
