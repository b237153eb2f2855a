"""The query of `GET /v1/usage`."""

from __future__ import annotations

from typing import Any, Mapping


def usage_query(
    from_: str | None,
    to: str | None,
    group_by: str | None,
    order: str | None,
    limit: int | None,
    filters: Mapping[str, str | int] | None,
) -> dict[str, Any]:
    """The parameters as the server calls them; those without a value are left out later."""
    return {
        **(filters or {}),
        "from": from_,
        "to": to,
        "group_by": group_by,
        "order": order,
        "limit": limit,
    }
