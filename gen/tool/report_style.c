/* The look of a report. Colours have a contrast of at least 4.5 : 1 with their ground, light and dark; no meaning hangs on colour alone. */
#include "gen/tool/report.h"

const char *const report_style[] = {
    ":root{color-scheme:light dark;--ground:#fff;--ink:#1c1f24;--soft:#545b66;--line:#d5d9e0;--card:#f6f7f9;--good:#136c34;--good-ground:#e3f4e8;"
    "--bad:#a8201a;--bad-ground:#fdeae8;--open:#7a4d00;--open-ground:#fdf1d8;--link:#1454b8;--back:#a3326d;--curve2:#b04a00}\n",
    "@media(prefers-color-scheme:dark){:root{--ground:#14171b;--ink:#e8eaee;--soft:#a6aebb;--line:#39404a;--card:#1d2127;--good:#7fdc9b;"
    "--good-ground:#15301f;--bad:#ffa39c;--bad-ground:#3d1a18;--open:#f3c46a;--open-ground:#35290e;--link:#8ab8ff;--back:#f39ac7;--curve2:#ffb27a}}\n",
    "*{box-sizing:border-box}html{scroll-padding-top:1rem}"
    "body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}\n",
    "a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}\n",
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--ground);padding:.3rem .6rem;z-index:2}\n",
    "header,main,footer{max-width:64rem;margin:0 auto;padding:0 1.25rem}header{padding-top:2rem}"
    "footer{padding-bottom:3rem;color:var(--soft);font-size:.875rem}\n",
    "h1{font-size:1.7rem;line-height:1.25;margin:0 0 .4rem;overflow-wrap:anywhere}"
    "h2{font-size:1.25rem;margin:2.6rem 0 .8rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:1.4rem 0 .5rem}\n",
    "p{margin:.5rem 0}.lead{color:var(--soft);margin-top:0}"
    "nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;margin:.8rem 0 0}\n",
    "code,pre,.source{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:.85rem}"
    "pre{margin:0;overflow-x:auto;white-space:pre;tab-size:4}\n",
    "math{font-size:1.1rem}mtable.cases mtd{text-align:left;padding:.1em .5em .1em 0}\n",
    ".tally{display:flex;flex-wrap:wrap;gap:.5rem;margin:.8rem 0 0;padding:0;list-style:none}"
    ".verdict{display:inline-block;padding:.05rem .55rem;border-radius:1rem;font-size:.85rem;font-weight:600;white-space:nowrap}\n",
    ".proved{color:var(--good);background:var(--good-ground)}.refuted{color:var(--bad);background:var(--bad-ground)}"
    ".open{color:var(--open);background:var(--open-ground)}.plain{color:var(--soft);background:var(--card);border:1px solid var(--line)}\n",
    ".page{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:.5rem}"
    ".page>li{padding:.35rem .8rem;border-top:1px solid var(--line)}.page>li:first-child{border-top:0}"
    ".page>li:target,.page>li:has(>:target),.chunk:target{background:var(--open-ground)}\n",
    ".entry{display:grid;grid-template-columns:2.6rem minmax(0,1fr) auto;gap:.2rem .8rem;align-items:center}.entry+.entry{margin-top:.3rem}"
    ".number{color:var(--soft);font-size:.8rem;text-align:right;text-decoration:none;font-variant-numeric:tabular-nums}"
    "a.number:hover{text-decoration:underline}\n",
    ".body{overflow-x:auto;overflow-y:hidden;padding:.15rem 0}.keyword{color:var(--soft);font-size:.85rem;margin-right:.4rem}"
    ".note{color:var(--soft);font-size:.85rem}.remark{color:var(--soft);padding-left:3.4rem}"
    ".side{display:flex;gap:.5rem;align-items:center;flex-wrap:wrap;justify-content:flex-end}\n",
    ".wrong{border-left:4px solid var(--bad)}.unsure{border-left:4px dashed var(--open)}details{margin:.2rem 0 .4rem 3.4rem}"
    "summary{cursor:pointer;color:var(--link);font-size:.9rem;padding:.15rem 0}"
    "details dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.2rem 1rem;margin:.4rem 0}dt{color:var(--soft)}"
    "dd{margin:0;overflow-x:auto}section>details{margin-left:0}\n",
    ".steps{list-style:none;padding:0;margin:.5rem 0;display:grid;grid-template-columns:auto minmax(0,max-content) minmax(10rem,1fr);gap:.45rem .35rem;"
    "align-items:baseline;justify-content:start}.step{display:contents}.left{grid-column:1;text-align:right;white-space:nowrap}"
    ".right{overflow-x:auto;overflow-y:hidden;grid-column:2;padding:.15rem 0}.why{grid-column:3;padding-left:2rem;font-size:.85rem;color:var(--soft)}\n",
    ".figure{margin:.5rem 0;overflow-x:auto}svg{max-width:100%;height:auto;display:block;margin:0 auto}svg text{font-family:inherit;fill:var(--ink)}"
    ".soft{fill:var(--soft)}\n",
    ".box{fill:var(--card);stroke:var(--soft)}.box.param{fill:var(--good-ground)}.box.data{fill:var(--open-ground)}.box.cost{stroke-width:2.5}"
    ".forward{fill:none;stroke:var(--soft);stroke-width:1.4}.forward-head{fill:var(--soft)}"
    ".back{fill:none;stroke:var(--back);stroke-width:1.4;stroke-dasharray:5 3}.back-head{fill:var(--back)}svg text.delta{fill:var(--back)}\n",
    ".grid{stroke:var(--line);stroke-width:1}.c0{stroke:var(--link)}.c1{stroke:var(--curve2);stroke-dasharray:7 4}"
    ".c2{stroke:var(--good);stroke-dasharray:2 3}.c3{stroke:var(--back);stroke-dasharray:10 3 2 3}.curve{fill:none;stroke-width:2}"
    "\n",
    ".sample{fill:var(--ground);stroke:var(--ink);stroke-width:1.2}.sample.high{fill:var(--ink)}.band{fill:var(--link);shape-rendering:crispEdges}\n",
    ".legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.3rem 0;font-size:.9rem;justify-content:center}"
    ".legend svg{display:inline-block;vertical-align:middle;margin-right:.4rem}\n",
    ".chunk{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:.6rem 1.2rem;border:1px solid var(--line);border-radius:.5rem;"
    "padding:.7rem .9rem;margin:.7rem 0}.chunk ul{list-style:none;margin:0;padding:0}.chunk li{overflow-x:auto;padding:.15rem 0}"
    ".chunk pre{background:var(--card);padding:.6rem;border-radius:.3rem;max-height:30rem;overflow:auto}\n",
    "table{border-collapse:collapse;font-size:.92rem}"
    "th,td{padding:.3rem .9rem .3rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:baseline}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}"
    ".sourcebox{background:var(--card);border-radius:.5rem;padding:.8rem}\n",
    "@media(max-width:44rem){.chart{min-width:30rem}header,main,footer{padding-left:.8rem;padding-right:.8rem}h1{font-size:1.35rem}.page>li{padding:.35rem .5rem}"
    ".entry{grid-template-columns:1.7rem minmax(0,1fr);gap:.1rem .5rem}.side{grid-column:2;justify-content:flex-start}details{margin-left:2.2rem}"
    ".remark{padding-left:2.2rem}.steps{display:block}.step{display:flex;flex-wrap:wrap;align-items:baseline;column-gap:.35rem;margin:.5rem 0}"
    ".left:empty{width:1.4rem}.right{min-width:0;max-width:100%}.why{flex-basis:100%;padding-left:1.4rem}.chunk{grid-template-columns:minmax(0,1fr)}}\n",
    "@media print{:root{color-scheme:light;--ground:#fff;--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--good:#0b5225;--good-ground:#fff;"
    "--bad:#8a1510;--bad-ground:#fff;--open:#5d3b00;--open-ground:#fff;--link:#000;--back:#7d1f50;--curve2:#8a3a00}nav,.skip{display:none}"
    "body{font-size:10pt}.page>li,.step,.figure,.chunk{break-inside:avoid}h2,h3{break-after:avoid}"
    "details::details-content{display:block;content-visibility:visible}summary{color:inherit;list-style:none}"
    ".chunk pre{max-height:none;white-space:pre-wrap}.verdict{border:1px solid currentColor}}\n",
    "@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}\n",
    NULL};
