"""The colors and the style sheet of the page, for light and dark screens and for paper. Pure."""

from __future__ import annotations

LIGHT = {
    "bg": "#ffffff", "card": "#f6f7f9", "line": "#cfd5de", "text": "#1b212b", "muted": "#4d5868",
    "warn": "#fff3d6", "warn-text": "#5c3d00", "bad": "#b42318", "good": "#12693c",
    "s1": "#2563eb", "s2": "#c2500c", "s3": "#0e7c72", "s4": "#a21caf", "s5": "#8a6100", "s6": "#64748b",
}  # fmt: skip
"""The colors on light screens and on paper, by their names; ``s1`` to ``s6`` are those of the series of charts."""
DARK = {
    "bg": "#13161b", "card": "#1c2027", "line": "#3a424f", "text": "#e7eaef", "muted": "#a9b3c1",
    "warn": "#3a2e10", "warn-text": "#ffdf9e", "bad": "#ff9d92", "good": "#7fd6a4",
    "s1": "#6ea4ff", "s2": "#fb9a55", "s3": "#35cfbd", "s4": "#e58af2", "s5": "#e5c04a", "s6": "#98a5b8",
}  # fmt: skip
"""The colors on dark screens."""
SERIES = 6
"""How many colors there are for the series of a chart."""
TEXT_PAIRS = (
    ("text", "bg"), ("text", "card"), ("muted", "bg"), ("muted", "card"), ("warn-text", "warn"),
    ("bad", "card"), ("good", "card"),
)  # fmt: skip
"""The colors of texts and what they stand on, for checks of contrast."""
SHAPE_PAIRS = tuple((f"s{number}", ground) for number in range(1, SERIES + 1) for ground in ("bg", "card"))
"""The colors of bars and what they stand on."""

_RULES = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 3rem;background:var(--bg);color:var(--text);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:0 0 .25rem}
h3{font-size:1rem;margin:1rem 0 .25rem}
p{margin:.25rem 0 .75rem;max-width:60rem}
code,pre{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;margin:.5rem 0}
.muted{color:var(--muted)}
.sid{overflow-wrap:anywhere}
section{margin:1.25rem 0;padding:1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11.5rem,1fr));gap:.75rem;margin:1.25rem 0;padding:0}
.tiles div{padding:.75rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem}
.tiles dt{color:var(--muted);font-size:.87rem}
.tiles dd{margin:0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles dd.none{font-size:1rem;font-weight:400;color:var(--muted)}
.notice{background:var(--warn);color:var(--warn-text);border-radius:.35rem;padding:.6rem .8rem;margin:.5rem 0}
.notice p{margin:.15rem 0}
.notice summary{color:inherit}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.93rem}
caption{text-align:left;color:var(--muted);padding:.25rem 0;font-size:.87rem}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
thead th{font-weight:600;white-space:nowrap;vertical-align:bottom}
tbody th{white-space:nowrap}
td.nowrap{white-space:nowrap}
tfoot th,tfoot td{font-weight:600}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.bar{width:20%;min-width:6rem}
.bar svg{margin-top:.3em}
.long{min-width:13rem;overflow-wrap:anywhere}
.alarm{color:var(--bad);font-weight:600}
.good{color:var(--good);font-weight:600}
figure{margin:.75rem 0 .25rem}
figcaption{font-weight:600;font-size:.93rem}
.chart{display:flex;margin-top:.4rem}
.chart svg{display:block;overflow:visible}
.chart .plot{flex:1;min-width:0}
.chart .axis{flex:none}
svg text{fill:var(--muted);font-size:12px;font-family:inherit}
svg .grid{stroke:var(--line);stroke-width:1}
svg .zero{stroke:var(--muted);stroke-width:1}
svg .column{stroke:var(--card);stroke-width:1}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.5rem 0 0;padding:0;font-size:.87rem}
.legend svg{width:.8em;height:.8em;margin-right:.35em;vertical-align:-.05em}
.notes,.notice{overflow-wrap:anywhere}
.notes{margin:.5rem 0 0;padding-left:1.1rem;color:var(--muted);font-size:.87rem}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--muted);font-size:.93rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:40rem){body{padding:1rem .6rem 2rem;font-size:14px}section{padding:.75rem .6rem}th,td{padding:.3rem .4rem}
thead th,tbody th,td.nowrap{white-space:normal}.bar{min-width:4.5rem}.long{min-width:16rem}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:.5rem}.tiles div{padding:.5rem .6rem}.tiles dd{font-size:1.1rem}}
@media print{@page{margin:1.4cm}body{max-width:none;padding:0;font-size:10pt}section{border:0;padding:0;background:none}
figure,.tiles div,tr{break-inside:avoid}h2,h3,figcaption,caption{break-after:avoid}h2+p{break-after:avoid}
thead{display:table-header-group}tfoot{display:table-row-group}
.scroll{overflow:visible}details:not([open])>summary{display:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def _variables(colors: dict[str, str]) -> str:
    return ";".join(f"--{name}:{color}" for name, color in colors.items())


def style_sheet() -> str:
    """Return the style sheet of the page."""
    fills = "".join(f".s{number}{{fill:var(--s{number})}}" for number in range(1, SERIES + 1))
    return (
        f":root{{color-scheme:light dark;{_variables(LIGHT)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}{_RULES.strip()}{fills}"
    )
