"""How the renderer's boxes and pictures look, in tones readable on light and dark pages."""

from __future__ import annotations

CONTROLS = """<style>
[data-testid=stBaseButton-primary] *,[data-tag],[data-tag] *{color:light-dark(#ffffff,#0d1217)}
</style>"""
"""On a dark page, Streamlit's white is too pale on a colour that can itself be read there."""

TEXTS = """<style>
.as-sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:1rem}
.as-box{border:1px solid rgba(128,140,152,.35);border-radius:6px;min-width:0}
.as-box>b{display:flex;gap:.6rem;align-items:baseline;padding:.45rem .9rem;font-weight:600;
font-size:.87rem;border-bottom:1px solid rgba(128,140,152,.25)}
.as-box>b>i{font-style:normal;font-weight:400;opacity:.72;overflow-wrap:anywhere}
.as-first{border-top:3px solid #2f7fc1}.as-second{border-top:3px solid #c9772b}
.as-bounded{display:flex;flex-direction:column;max-height:max(36vh,12rem);overflow-y:auto;
border-bottom:1px solid rgba(128,140,152,.6);box-shadow:inset 0 -1rem .8rem -.8rem #80868c80}
.as-bounded.as-last{flex-direction:column-reverse;border-bottom:0;
border-top:1px solid rgba(128,140,152,.6);box-shadow:inset 0 1rem .8rem -.8rem #80868c80}
.as-turn{margin-bottom:.6rem;border-left:3px solid rgba(128,140,152,.45)}
.as-text{padding:.7rem .9rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.55;
unicode-bidi:isolate;max-width:62rem}
.as-first ins{text-decoration:underline 1px #2f7fc1;background:rgba(47,127,193,.16);
border-radius:2px}
.as-second ins{text-decoration:underline 2px dotted #bd6d22;background:rgba(201,119,43,.17);
border-radius:2px}
.as-text ins{text-underline-offset:3px}
.as-text mark{background:rgba(240,196,25,.38);color:light-dark(#0f1720,#ffffff);
border-radius:2px;padding:0 1px}
.as-text code{font-size:.8em;padding:0 .2em;border-radius:3px;background:rgba(214,69,69,.18);
color:inherit}
.as-code{font-family:"Source Code Pro",ui-monospace,monospace;font-size:.85em;line-height:1.5;
background:rgba(128,140,152,.1);border-left:2px solid rgba(128,140,152,.5);
border-radius:3px;padding:.4rem .7rem;margin:.35rem 0;tab-size:4}
.as-keyword{font-weight:600;color:light-dark(#7a2e8e,#d9a3ea)}
.as-string{color:light-dark(#17592e,#8fd3a6)}
.as-number{color:light-dark(#7a410b,#efb27d)}
.as-comment{font-style:italic;color:light-dark(#4c5661,#a8b4c0)}
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

TABLES = """<style>
.as-tables{columns:26rem;column-gap:2.2rem}
.as-tables.as-wide{columns:auto}
.as-wide table+table{width:auto}
.as-tables+details{font-size:.9rem}
.as-tables table{width:100%;border-collapse:collapse;break-inside:avoid;margin:0 0 1.1rem;
font-size:.9rem;font-variant-numeric:tabular-nums}
.as-tables caption{text-align:left;font-weight:600;padding:.1rem 0 .2rem;caption-side:top;
color:inherit}
.as-tables th,.as-tables td{padding:.2rem .5rem .2rem 0;vertical-align:top;text-align:right;
border:0;border-bottom:1px solid rgba(128,140,152,.22);font-weight:400;white-space:nowrap}
.as-tables th:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere}
.as-tables table:first-child th:first-child,.as-tables:not(.as-wide) th:first-child{width:99%}
.as-tables thead th{font-size:.82rem;opacity:.75}
.as-tables .as-quiet{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%)}
.as-tables th[title]:not([title=""]){cursor:help}
.as-meter{display:inline-block;width:4rem;height:.5rem;border-radius:2px;vertical-align:middle;
background:rgba(128,140,152,.22);margin-right:.3rem;overflow:hidden}
.as-meter>b{display:block;height:100%;background:#5b88ad}
</style>"""

HEAT = """<style>
.as-heat{line-height:1.9}
.as-heat span{padding:.1em 0;text-underline-offset:4px;text-decoration-skip-ink:none}
.as-heat .as-up{text-decoration:underline 2px solid light-dark(#1f5f99,#7db7ea)}
.as-heat .as-down{text-decoration:underline 2px dotted light-dark(#a52c22,#f29a92)}
.as-heat .as-up.as-1{background:rgba(47,127,193,0.12)}
.as-heat .as-down.as-1{background:rgba(200,60,50,0.12)}
.as-heat .as-up.as-2{background:rgba(47,127,193,0.22)}
.as-heat .as-down.as-2{background:rgba(200,60,50,0.22)}
.as-heat .as-up.as-3{background:rgba(47,127,193,0.34)}
.as-heat .as-down.as-3{background:rgba(200,60,50,0.34)}
.as-heat .as-up.as-4{background:rgba(47,127,193,0.48)}
.as-heat .as-down.as-4{background:rgba(200,60,50,0.48)}
.as-heat .as-1{text-decoration-thickness:1px}
.as-heat .as-0,.as-heat .as-1,.as-heat .as-2,.as-heat .as-3,.as-heat .as-4{border-radius:2px}
</style>"""
