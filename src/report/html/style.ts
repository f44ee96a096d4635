/** The page's style sheet. Colours of the drawing itself are in client/theme.ts. */
export const STYLE = `
:root { color-scheme: light; --ground: #ffffff; --raised: #fafafa; --line: #e1e4e8; --text: #1f2328; --dim: #59626c;
  --accent: #1a5fd0; --bad: #b3261e; --bad-ground: #fdecea; --maybe: #8a5a00; --maybe-ground: #fdf3dc; --good: #14624d;
  --good-ground: #e4f4ee; --note: #44505c; --note-ground: #eceff2; --chosen: #e8f0fd; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { color-scheme: dark; --ground: #16181c; --raised: #1b1e23;
  --line: #2e333b; --text: #dfe3e8; --dim: #98a1ac; --accent: #6fa8ff; --bad: #ff8a7d; --bad-ground: #3b1c19; --maybe: #ecbb63;
  --maybe-ground: #362a13; --good: #7fd6b7; --good-ground: #15302a; --note: #b5bec9; --note-ground: #272c33; --chosen: #22304a; } }
:root[data-theme=dark] { color-scheme: dark; --ground: #16181c; --raised: #1b1e23; --line: #2e333b; --text: #dfe3e8;
  --dim: #98a1ac; --accent: #6fa8ff; --bad: #ff8a7d; --bad-ground: #3b1c19; --maybe: #ecbb63; --maybe-ground: #362a13;
  --good: #7fd6b7; --good-ground: #15302a; --note: #b5bec9; --note-ground: #272c33; --chosen: #22304a; }
* { box-sizing: border-box; }
html, body { height: 100%; }
body { margin: 0; display: grid; grid-template-rows: auto 1fr auto; background: var(--ground); color: var(--text);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; padding: 8px 14px; border-bottom: 1px solid var(--line); }
.title { flex: 1 1 420px; min-width: 0; }
h1 { font-size: 15px; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.facts { margin: 1px 0 0; color: var(--dim); font-size: 12.5px; }
.tools { margin-left: auto; display: flex; gap: 6px; align-items: center; }
.verdict, .chip { display: inline-block; border-radius: 4px; padding: 1px 7px; margin-right: 8px; font-size: 12px; font-weight: 600; }
.verdict { letter-spacing: .03em; }
.violation, .bad { color: var(--bad); background: var(--bad-ground); }
.inconclusive, .maybe { color: var(--maybe); background: var(--maybe-ground); }
.clean { color: var(--good); background: var(--good-ground); }
.note { color: var(--note); background: var(--note-ground); }
button, input { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 5px; padding: 4px 9px; }
button { cursor: pointer; }
button:hover { border-color: var(--dim); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
#search { width: 240px; }
#found { min-width: 84px; color: var(--dim); font-size: 12.5px; }
main { display: grid; grid-template-columns: minmax(0, 1fr) 350px; min-height: 0; }
#stage { position: relative; display: grid; grid-template-rows: 34px 1fr; min-height: 0; min-width: 0; }
canvas { display: block; width: 100%; height: 100%; touch-action: none; }
#overview { border-bottom: 1px solid var(--line); cursor: col-resize; }
#canvas { cursor: grab; }
#canvas:active { cursor: grabbing; }
#canvas:focus-visible { outline-offset: -2px; }
#board { position: relative; min-height: 0; overflow: hidden; }
#tip { position: absolute; z-index: 2; pointer-events: none; max-width: 560px; white-space: pre-wrap; overflow-wrap: anywhere;
  background: var(--ground); border: 1px solid var(--line); border-radius: 6px; box-shadow: 0 4px 16px rgb(0 0 0 / .16);
  padding: 6px 10px; font-size: 12.5px; }
#tip::first-line { font-weight: 600; }
aside { border-left: 1px solid var(--line); min-height: 0; background: var(--raised); display: flex; flex-direction: column; }
aside > h2 { padding: 10px 12px 0; }
#list { flex: 1 1 40%; min-height: 90px; overflow: auto; padding: 0 12px 8px; }
aside h2 { font-size: 14px; margin: 0 0 8px; overflow-wrap: anywhere; }
aside h3 { font-size: 12.5px; margin: 12px 0 4px; color: var(--dim); font-weight: 600; }
aside p { margin: 4px 0; overflow-wrap: anywhere; font-size: 13px; }
#detail { flex: 1 1 60%; min-height: 0; overflow: auto; border-top: 1px solid var(--line); padding: 12px; }
#detail[hidden] { display: none; }
.shape { margin-bottom: 8px; }
summary { cursor: pointer; padding: 3px 0; }
summary strong { font-weight: 600; font-size: 13px; }
.count { float: right; color: var(--dim); }
.finding { display: grid; grid-template-columns: 48px 64px 1fr auto; gap: 4px; width: 100%; text-align: left; background: none;
  border-color: transparent; padding: 3px 8px; font-size: 12.5px; font-variant-numeric: tabular-nums; }
.finding:hover { background: var(--chosen); border-color: transparent; }
.finding.chosen { background: var(--chosen); border-color: var(--accent); }
.exposed { color: var(--dim); }
.evidence { margin: 0; padding-left: 22px; }
.evidence li { margin-bottom: 6px; }
.evidence li::marker { color: var(--accent); font-weight: 600; font-size: 12px; }
.moment { display: flex; justify-content: space-between; gap: 8px; font-size: 12.5px; font-variant-numeric: tabular-nums; }
code { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; display: block; }
aside .who, aside .hint, aside .none, aside .reason { color: var(--dim); font-size: 12px; }
.hint { margin-top: 12px; }
footer { border-top: 1px solid var(--line); padding: 6px 14px; display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; color: var(--dim); }
footer svg { vertical-align: -2px; margin-right: 5px; }
dialog { border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: var(--text); max-width: 460px; }
dialog h2 { font-size: 15px; margin: 0 0 10px; }
dialog::backdrop { background: rgb(0 0 0 / .35); }
dt { float: left; clear: left; width: 130px; font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12.5px; }
dd { margin: 0 0 4px 140px; }
table { border-collapse: collapse; font-size: 12.5px; width: 100%; margin-top: 8px; }
td { padding: 2px 0; border-top: 1px solid var(--line); }
td:last-child { text-align: right; color: var(--dim); }
noscript { padding: 20px; }
@media (max-width: 800px) { main { grid-template-columns: 1fr; grid-template-rows: 60vh auto; } html, body { height: auto; }
  aside { display: block; border-left: 0; border-top: 1px solid var(--line); } #list, #detail { overflow: visible; }
  .tools { margin-left: 0; } }
@media print { html, body { height: auto; display: block; } .tools, #overview, #tip, .hint { display: none; } main { display: block; }
  #stage { display: block; } aside { border: 0; display: block; margin-top: 12px; background: none; } #list, #detail { overflow: visible; } @page { size: landscape; }
  details:not([open]) > :not(summary) { display: block; } }
`.trim();
