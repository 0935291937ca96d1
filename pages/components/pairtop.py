"""Where a pair begins: whoever pressed a button below the last one is brought to the new one's top.

Streamlit leaves the page where it was scrolled to. What runs in the browser is given a number that
changes with the pair, and sends nothing.
"""

from __future__ import annotations

import streamlit as st

_HTML = '<div class="as-top"></div>'
_CSS = """
[data-testid=stLayoutWrapper]:has(>.st-key-pair_top){height:0;margin-bottom:-1rem}
.as-top{scroll-margin-top:4.5rem}
[data-testid=stLayoutWrapper]:has(>.st-key-settle_bar){position:sticky;bottom:0;z-index:5}
.st-key-settle_bar{padding:.7rem 0;border-top:1px solid rgba(128,140,152,.35);
background:light-dark(#ffffff,#11161c)}
"""
_JS = """
let before = null;
export default function ({ parentElement, data }) {
  const top = parentElement.querySelector(".as-top");
  const moved = before !== null && before !== data;
  before = data;
  if (!moved) return;
  if (top.getBoundingClientRect().top < 72) top.scrollIntoView({ block: "start" });
}
"""


def show(pair: str) -> None:
    """Put it on the page, once, above the pair."""
    mount = st.components.v2.component(
        "pair_top", html=_HTML, css=_CSS, js=_JS, isolate_styles=False
    )
    with st.container(key="pair_top"):
        mount(key="pair_top_listen", data=pair)
