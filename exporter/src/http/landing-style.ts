// SPDX-License-Identifier: Apache-2.0
// The landing page's style sheet, and its hash for the Content-Security-Policy. Colours reach 4.5:1 in both schemes.

import { createHash } from 'node:crypto';

/** The sheet, to be put between `<style>` tags unchanged. */
export const LANDING_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f26; --soft: #59636e; --line: #d5dae1;
  --link: #0b57a4; --good: #17692f; --bad: #b3201f; --wait: #7a5200; --mark: #fff3d1; --mark-line: #b98900;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101418; --card: #181d23; --text: #e6e9ed; --soft: #9aa5b1; --line: #2e3640;
    --link: #7db8f5; --good: #6cc784; --bad: #ff8f87; --wait: #e3b341; --mark: #33290c; --mark-line: #b98900;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 3rem; max-width: 88rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1.5rem; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 2rem 0 0.75rem; font-size: 1.125rem; }
p { margin: 0.5rem 0; max-width: 72ch; }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
code, .number { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-variant-numeric: tabular-nums; }
code { font-size: 0.875em; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.soft { font-size: 0.875rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.state { font-weight: 600; white-space: nowrap; }
.banner {
  margin: 1rem 0 0; padding: 0.75rem 1rem; max-width: none; border: 1px solid var(--mark-line);
  border-left-width: 0.4rem; background: var(--mark);
}
.tag { padding: 0 0.4em; border: 1px solid var(--mark-line); background: var(--mark); font-size: 0.75rem; font-weight: 700; }
.summary { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.75rem; margin: 1.5rem 0 0; }
.summary > div { padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); }
.summary dt { color: var(--soft); font-size: 0.875rem; }
.summary dd { margin: 0; }
.summary .number { font-size: 1.75rem; line-height: 1.25; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); }
table { width: 100%; min-width: 60rem; border-collapse: collapse; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 0.6rem 1rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
tbody th { min-width: 12rem; max-width: 22rem; font-weight: 600; overflow-wrap: anywhere; }
tbody th .soft { font-weight: 400; }
td:last-child { min-width: 18rem; max-width: 32rem; overflow-wrap: anywhere; }
td ul { margin: 0; padding: 0; list-style: none; white-space: nowrap; }
`;

/** For `style-src`. */
export const LANDING_STYLE_HASH = `sha256-${createHash('sha256').update(LANDING_STYLE).digest('base64')}`;
