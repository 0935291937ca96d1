"""Puts the link of a pair on the clipboard: a script that sees a pair's id alone."""

from __future__ import annotations

import streamlit as st

_HTML = '<output aria-live="polite"></output>'
_CSS = "output{font:inherit;font-size:.87rem;opacity:.8;user-select:all;overflow-wrap:anywhere}"
# The address bar follows a second late, so the pair is given. Over plain HTTP from another
# machine a browser has no clipboard: then the link is there to be marked.
_JS = """
export default function ({ data, parentElement }) {
  const said = parentElement.querySelector("output");
  const url = new URL(window.location.href);
  url.searchParams.set("pair", data);
  const link = url.href;
  const show = () => { said.textContent = link; };
  if (!navigator.clipboard) { show(); return; }
  navigator.clipboard.writeText(link).then(() => { said.textContent = "Link copied"; }, show);
}
"""


def show(pair: str) -> None:
    """Copy the link of what is open, with `pair`; call in the run that a person's click started."""
    mount = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)
    mount(key="copy_link", data=pair, width="content")
