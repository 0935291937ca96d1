"""How the renderer's boxes and pictures look, in tones readable on light and dark pages."""

from __future__ import annotations

TEXTS = """<style>
.as-sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1rem}
.as-box{border:1px solid rgba(128,140,152,.35);border-radius:6px;min-width:0}
.as-box>b{display:flex;gap:.6rem;align-items:baseline;padding:.45rem .9rem;font-weight:600;
font-size:.87rem;border-bottom:1px solid rgba(128,140,152,.25)}
.as-box>b>i{font-style:normal;font-weight:400;opacity:.72;overflow-wrap:anywhere}
.as-first{border-top:3px solid #2f7fc1}.as-second{border-top:3px solid #c9772b}
.as-turn{margin-bottom:.6rem;border-left:3px solid rgba(128,140,152,.45)}
.as-text{padding:.7rem .9rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.55;
unicode-bidi:isolate;max-width:62rem}
.as-first ins{text-decoration:underline 1px #2f7fc1;background:rgba(47,127,193,.16);
border-radius:2px}
.as-second ins{text-decoration:underline 2px dotted #c9772b;background:rgba(201,119,43,.17);
border-radius:2px}
.as-text ins{text-underline-offset:3px}
.as-text mark{background:rgba(240,196,25,.45);color:inherit;border-radius:2px;padding:0 1px}
.as-text code{font-size:.8em;padding:0 .2em;border-radius:3px;background:rgba(214,69,69,.18);
color:inherit}
</style>"""

PICTURE = """<style>
.as-picture{display:grid;max-width:62rem;font-size:.93rem}
.as-picture>*{display:flex;align-items:center;min-height:2.5rem;padding-right:1.2rem;
border-bottom:1px solid rgba(128,140,152,.2)}
.as-name{overflow-wrap:anywhere;max-width:21rem}
.as-value{justify-content:flex-end;gap:.5em;white-space:nowrap;font-variant-numeric:tabular-nums}
.as-value>i{font-style:normal;font-size:.87em;opacity:.72}
.as-head{min-height:2rem;font-size:.87em;opacity:.85}
.as-plot{position:relative}
.as-plot>*{position:absolute}
.as-half{left:50%;top:0;bottom:0;border-left:1px dashed;opacity:.5}
.as-tick{transform:translateX(-50%)}
.as-range{height:2px;margin-top:-1px}
.as-sign{width:11px;height:11px;margin:-5.5px 0 0 -5.5px;border-radius:50%}
.as-head>.as-sign{margin:0}
.as-0{background:#2f7fc1}
.as-1{background:#c9772b}
.as-2{background:#5d9a4f}
.as-3{background:#8d6cb8}
.as-sign.as-1{border-radius:0;transform:rotate(45deg) scale(.85)}
.as-sign.as-2{border-radius:0;clip-path:polygon(50% 0,100% 100%,0 100%)}
.as-sign.as-3{border-radius:0;transform:scale(.8)}
</style>"""
