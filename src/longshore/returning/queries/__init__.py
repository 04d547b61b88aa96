"""Questions about returns."""

from longshore.returning.queries.returns import ReturnPage, ReturnRow, list_returns, returns_of_order

__all__ = ["ReturnPage", "ReturnRow", "list_returns", "returns_of_order"]
