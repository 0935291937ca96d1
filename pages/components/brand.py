"""The app's mark, drawn here so that no icon is fetched from anywhere."""

from __future__ import annotations

ICON = (
    '<svg viewBox="0 0 24 24" width="24" height="24"><path fill="none" stroke="#2f7fc1" '
    'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d="M12 4v16M8 20h8M5 7h14'
    'M5 7l-3 6h6zM19 7l-3 6h6z"/></svg>'
)
LOGO = (
    '<svg viewBox="0 0 112 24" width="112" height="24"><path fill="none" stroke="#2f7fc1" '
    'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d="M12 4v16M8 20h8M5 7h14'
    'M5 7l-3 6h6zM19 7l-3 6h6z"/><text x="32" y="18.5" font-family="sans-serif" font-size="18" '
    'font-weight="700" fill="#2f7fc1">Assay</text></svg>'
)
