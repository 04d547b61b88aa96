"""The verbs of tracing."""

from longshore.tracing.operations.linking import LinkReceipt, link_all, link_postings

__all__ = ["LinkReceipt", "link_all", "link_postings"]
