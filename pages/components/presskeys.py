"""What Relabel does in the browser: it is given no data and sends none.

A held key counts once, what is said is read out, the focus goes on to the next pair, which begins
at its top, the buttons stay in sight.
"""

from __future__ import annotations

import streamlit as st

_HTML = '<output aria-live="polite" class="as-live"></output>'
_CSS = """
.as-live{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
[data-testid=stLayoutWrapper]:has(>.st-key-relabel_keys){position:absolute}
[data-testid=stBaseButton-primary] kbd{opacity:1}
[data-testid=stMain][data-reading]:focus-visible::before{content:none}
[data-testid=stLayoutWrapper]:has(>.st-key-relabel_bar){position:sticky;bottom:0;z-index:5}
.st-key-relabel_bar{padding:.7rem 0 .9rem;border-top:1px solid rgba(128,140,152,.35);
background:light-dark(#ffffff,#11161c)}
[data-testid=stLayoutWrapper]:has(>.st-key-relabel_guide){position:sticky;top:4rem}
.st-key-relabel_guide{max-height:calc(100vh - 11rem);overflow:auto}
.st-key-relabel_guide :is(h1,h2,h3){font-size:1.05rem;padding:.3rem 0}
"""
# Streamlit's shortcuts take every repetition of a held key for a press; here each is stopped
# before they hear it. A press on a focused button loses the focus with the button, which belongs
# to one pair: the next pair's takes it. Where nothing has the focus, what scrolls gets it, or no
# key would scroll; nobody chose that, so it has no ring.
_JS = """
const typing = (node) =>
  node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
export default function ({ parentElement }) {
  const live = parentElement.querySelector("output");
  const keep = (event) => {
    if (!event.repeat || typing(event.target)) return;
    if (event.key.length > 1 && event.key !== "Enter") return;
    event.stopImmediatePropagation();
    if (event.key === "Enter" || event.key === " ") event.preventDefault();
  };
  const leave = (event) => {
    if (event.key === "Escape" && typing(event.target)) event.target.blur();
  };
  let last = "", node = null, pair = "";
  const named = (at) => [...at.classList].find((name) => name.startsWith("st-key-relabel_"));
  const base = (button) => {
    const at = button.closest("[class*='st-key-']");
    const key = at && named(at);
    return key ? key.slice(0, key.lastIndexOf("_") + 1) : "";
  };
  const focused = (event) => {
    node = event.target;
    last = node.tagName === "BUTTON" ? base(node) : "";
  };
  const begin = () => {
    const main = document.querySelector("[data-testid=stMain]");
    const prompt = document.querySelector(".as-bounded, .as-box");
    const above = prompt ? prompt.getBoundingClientRect().top - 72 : 0;
    if (above < 0) main.scrollTop += above;
    if (document.activeElement !== document.body) return;
    main.dataset.reading = "";
    main.addEventListener("blur", () => delete main.dataset.reading, { once: true });
    main.focus({ preventScroll: true });
  };
  const look = () => {
    for (const box of document.querySelectorAll(".as-box:not([role])")) {
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", box.querySelector("b").innerText);
    }
    const said = document.querySelector(".st-key-relabel_said");
    const text = said ? said.innerText.trim() : "";
    if (text !== live.textContent) live.textContent = text;
    if (last && !node.isConnected && document.activeElement === document.body) {
      const next = document.querySelector(`[class*="${last}"] button:not(:disabled)`);
      if (next) next.focus({ preventScroll: true });
    }
    const vote = document.querySelector("[class*='st-key-relabel_a_']");
    if (vote && named(vote) !== pair) {
      pair = named(vote);
      begin();
    }
  };
  const watch = new MutationObserver(look);
  window.addEventListener("keydown", keep, true);
  window.addEventListener("keydown", leave, true);
  document.addEventListener("focusin", focused);
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
  return () => {
    watch.disconnect();
    window.removeEventListener("keydown", keep, true);
    window.removeEventListener("keydown", leave, true);
    document.removeEventListener("focusin", focused);
  };
}
"""


def show() -> None:
    """Put it on the page, once, before the pair."""
    mount = st.components.v2.component(
        "relabel_keys", html=_HTML, css=_CSS, js=_JS, isolate_styles=False
    )
    with st.container(key="relabel_keys"):
        mount(key="relabel_listen")
