// SPDX-License-Identifier: Apache-2.0
// The page at /: what is watched and how it goes, for a person who just started Vireo or was just woken up. No scripts.

import type { HostFacts, HostSnapshot, HostState } from '../hosts/snapshot.ts';
import { adviceFor } from './advice.ts';
import { Html, html } from './html.ts';
import { LANDING_STYLE } from './landing-style.ts';

/** Most hosts listed; those in trouble come first. */
const ROWS_MAX = 500;

/** What the page shows. */
export interface LandingPage {
  readonly hosts: readonly HostSnapshot[];
  readonly version: string;
  /** Milliseconds since the epoch, both. */
  readonly startedAt: number;
  readonly now: number;
}

// Made here, as its hash must not depend on how the page below is laid out.
const STYLE = new Html(`<style>${LANDING_STYLE}</style>`);

/** The whole document. */
export function renderLandingPage({ hosts, version, startedAt, now }: LandingPage): string {
  const simulated = hosts.filter((host) => host.simulated).length;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title(hosts)}</title>
        ${STYLE}
      </head>
      <body>
        <header>
          <h1>Vireo</h1>
          <span class="soft">version ${version}, up ${duration(now - startedAt)}, page of ${time(now)}</span>
        </header>
        <nav aria-label="Pages">
          <ul>
            <li><a href="/metrics">Metrics</a></li>
            <li><a href="/-/healthy">Health</a></li>
            <li><a href="/-/ready">Readiness</a></li>
          </ul>
        </nav>
        ${simulated === 0 ? '' : banner(simulated, hosts.length)}
        <main>
          ${renderSummary(hosts)}
          <h2 id="hosts">Hosts</h2>
          ${hosts.length === 0 ? NO_HOSTS : renderTable(hosts, now)}
        </main>
      </body>
    </html> `;
  return document.text;
}

function title(hosts: readonly HostSnapshot[]): string {
  const lost = countState(hosts, 'lost');
  return lost === 0 ? 'Vireo' : `${String(lost)} lost - Vireo`;
}

const NO_HOSTS = html`<p>
  No host is watched. Name one with <code>--libvirt.uri=qemu:///system</code> or in a configuration file, or see a
  simulated fleet with <code>--demo</code>.
</p>`;

function banner(simulated: number, all: number): Html {
  const verb = simulated === 1 ? 'is' : 'are';
  const which = simulated === all ? 'Every host here is' : `${String(simulated)} of ${String(all)} hosts here ${verb}`;
  return html`<p class="banner" role="note">
    <strong>SIMULATED.</strong> ${which} made up by Vireo; nothing of it is measured.
  </p>`;
}

function renderSummary(hosts: readonly HostSnapshot[]): Html {
  const known = hosts.filter((host) => host.domainsKnown);
  const domains = known.flatMap((host) => [...host.domains.values()]);
  const stuck = domains.filter((domain) => domain.trouble !== undefined).length;
  const states = (['up', 'lost', 'connecting'] as const).flatMap((kind) => {
    const count = countState(hosts, kind);
    return count === 0 ? [] : [`${String(count)} ${kind}`];
  });
  const unknown = hosts.length - known.length;
  // Of no host at all the sum is no number, not 0.
  const sum = (count: number): number | Html => (known.length === 0 && unknown > 0 ? UNKNOWN : count);
  const cards: readonly (readonly [label: string, count: number | Html, note: string])[] = [
    ['Hosts', hosts.length, states.join(', ')],
    ['Domains', sum(domains.length), unknown === 0 ? '' : `unknown on ${plural(unknown, 'host')}`],
    ['Running', sum(domains.filter((domain) => domain.state === 'running').length), 'domains in state running'],
    ['Not answering', sum(stuck), 'domains whose statistics are late'],
  ];
  const rendered = cards.map(
    ([label, count, note]) =>
      html`<div>
        <dt>${label}</dt>
        <dd class="number">${count}</dd>
        <dd class="soft">${note}</dd>
      </div> `,
  );
  return html`<dl class="summary">${rendered}</dl>`;
}

function renderTable(hosts: readonly HostSnapshot[], now: number): Html {
  const order: Record<HostState['kind'], number> = { lost: 0, connecting: 1, up: 2 };
  const sorted = [...hosts].sort(
    (a, b) => order[a.state.kind] - order[b.state.kind] || a.host.localeCompare(b.host, 'en', { numeric: true }),
  );
  const rows = sorted.slice(0, ROWS_MAX).map((host) => renderRow(host, now));
  const left = hosts.length - rows.length;
  return html`<div class="scroll" role="region" aria-labelledby="hosts" tabindex="0">
      <table>
        <caption>
          Watched hosts, those in trouble first
        </caption>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">State</th>
            <th scope="col">Driver</th>
            <th scope="col">libvirt</th>
            <th scope="col">Domains</th>
            <th scope="col">Last poll</th>
            <th scope="col">Last error</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${left === 0 ? '' : html`<p>${plural(left, 'more host')}, all in a better state than these, ${left === 1 ? 'is' : 'are'} not listed.</p>`}`;
}

function renderRow(host: HostSnapshot, now: number): Html {
  const { facts } = host;
  return html`<tr>
    <th scope="row">
      <a href="/metrics?host=${encodeURIComponent(host.host)}"><bdi>${host.host}</bdi></a>
      ${host.simulated ? html`<span class="tag">SIMULATED</span>` : ''}
      <div class="soft"><code>${host.uri}</code></div>
      ${host.via === undefined ? '' : html`<div class="soft">via <code>${host.via}</code></div>`}
    </th>
    <td>${renderState(host.state, now)}</td>
    <td>${facts === undefined ? UNKNOWN : renderDriver(facts)}</td>
    <td class="number">${facts?.libvirtVersion ?? UNKNOWN}</td>
    <td>${renderDomains(host)}</td>
    <td>${renderPolls(host, now)}</td>
    <td>${renderError(host.state)}</td>
  </tr> `;
}

const UNKNOWN = html`<span class="soft">unknown</span>`;

function renderDriver({ driver, hypervisorVersion }: HostFacts): Html {
  return html`${driver} <span class="number">${hypervisorVersion ?? ''}</span>`;
}

function renderState(state: HostState, now: number): Html {
  const [icon, tone] = STATE_LOOKS[state.kind];
  const since = `for ${duration(now - state.since)}`;
  const wait = state.kind === 'lost' ? state.nextAttemptAt - now : undefined;
  const next = wait === undefined ? '' : wait > 0 ? `, next attempt in ${duration(wait)}` : ', trying again now';
  return html`<div class="state ${tone}"><span aria-hidden="true">${icon}</span> ${state.kind}</div>
    <div class="soft">${since}${next}</div>`;
}

/** An icon beside the word, and the colour: never the colour alone. */
const STATE_LOOKS = {
  up: ['●', 'good'],
  connecting: ['◌', 'wait'],
  lost: ['▲', 'bad'],
} as const satisfies Record<HostState['kind'], readonly [icon: string, tone: string]>;

function renderDomains(host: HostSnapshot): Html {
  if (!host.domainsKnown) return UNKNOWN;
  const counts = new Map<string, number>();
  let stuck = 0;
  for (const { state, trouble } of host.domains.values()) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (trouble !== undefined) stuck++;
  }
  if (counts.size === 0) return html`none`;
  const lines = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([state, count]) => html`<li><span class="number">${count}</span> ${state}</li> `);
  if (stuck > 0) lines.push(html`<li class="wait"><span class="number">${stuck}</span> not answering</li>`);
  return html`<ul>
      ${lines}
    </ul>
    ${host.state.kind === 'up' ? '' : html`<div class="soft">when last seen</div>`}`;
}

function renderPolls(host: HostSnapshot, now: number): Html {
  const at = host.polls.get('inventory')?.lastSuccessAt;
  const failing = [...host.polls].filter(([, outcome]) => !outcome.success).map(([group]) => group);
  // Of a lost host the error says it all.
  const tell = failing.length > 0 && host.state.kind !== 'lost';
  return html`${at === undefined ? NONE_YET : html`<span class="number">${duration(now - at)}</span> ago`}
  ${tell ? html`<div class="bad">failing: ${failing.join(', ')}</div>` : ''}`;
}

const NONE_YET = html`<span class="soft">none yet</span>`;

function renderError(state: HostState): Html {
  if (state.kind !== 'lost') return html`<span class="soft">none</span>`;
  const { code, message } = state.error;
  return html`<code>${code}</code>
    <div>${message}</div>
    <div class="soft">${adviceFor(code)}</div>`;
}

function countState(hosts: readonly HostSnapshot[], kind: HostState['kind']): number {
  return hosts.filter((host) => host.state.kind === kind).length;
}

function plural(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** `4 s`, `3 min`, `2 h 5 min`, `3 d 4 h`; a clock that went backwards counts as no time. */
function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${String(seconds)} s`;
  if (hours === 0) return `${String(minutes)} min`;
  if (hours < 48) return `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`;
}
