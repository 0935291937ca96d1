"""How a page ends early."""

from __future__ import annotations


class PageEnds(Exception):
    """Raised by a page that has said all it can; after `st.stop`, nothing behind it is done."""
