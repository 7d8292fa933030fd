// SPDX-License-Identifier: Apache-2.0

import type { HostSnapshot } from '../hosts/snapshot.ts';
import { renderLandingPage } from './landing-page.ts';
import { NOW, domains, hostSnapshot, lost, unreachedHost } from './snapshots.fixture.ts';

const render = (hosts: readonly HostSnapshot[]): string =>
  renderLandingPage({ hosts, version: '0.1.0', startedAt: NOW - 90_000, now: NOW });

/** What a reader sees, with white space as one space. */
const textOf = (page: string): string =>
  page
    .replace(/<style>[^]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** The cells of each body row, as text. */
const rowsOf = (page: string): string[][] =>
  [...page.matchAll(/<tr>\s*<th scope="row">([^]*?)<\/tr>/g)].map((row) =>
    (row[1] ?? '').split(/<t[dh][^>]*>/).map((cell) => textOf(cell).trim()),
  );

describe('the landing page', () => {
  it('says of a host that is up what it is, how many domains it has by state, and how old that is', () => {
    const polls = new Map([
      ['inventory', { success: true, durationSeconds: 0.1, lastSuccessAt: NOW - 3000 }],
      ['statistics', { success: false, durationSeconds: 2 }],
    ] as const);
    const page = render([hostSnapshot('kvm1', { domains: domains({ shutoff: 1, running: 3 }), polls })]);
    expect(rowsOf(page)).toEqual([
      [
        'kvm1 qemu+ssh://kvm1/system',
        '● up for 2 h 5 min',
        'QEMU 7.2.22',
        '9.0.0',
        '3 running 1 shutoff',
        '3 s ago failing: statistics',
        'none',
      ],
    ]);
  });

  it('says which daemon opens a host that libvirt reaches from its C library', () => {
    const page = render([hostSnapshot('esx1', { uri: 'esx://esx1/', via: 'qemu+ssh://vireo@kvm1/system' })]);
    expect(rowsOf(page)[0]?.[0]).toBe('esx1 esx://esx1/ via qemu+ssh://vireo@kvm1/system');
    expect(rowsOf(render([hostSnapshot('kvm1')]))[0]?.[0]).toBe('kvm1 qemu+ssh://kvm1/system');
  });

  it('says of a lost host since when, why, and what to do', () => {
    const host = hostSnapshot('kvm2', {
      state: lost('LV_CONN_REFUSED', 'connect failed: kvm2: connection refused'),
      domains: domains({ running: 2 }),
    });
    expect(rowsOf(render([host]))[0]?.slice(1)).toEqual([
      '▲ lost for 1 min, next attempt in 4 s',
      'QEMU 7.2.22',
      '9.0.0',
      '2 running when last seen',
      '3 s ago',
      'LV_CONN_REFUSED connect failed: kvm2: connection refused Start libvirtd there (systemctl start libvirtd), or correct the socket path or port in the URI.',
    ]);
  });

  it('says unknown, not zero, of a host never reached', () => {
    const never = unreachedHost('kvm3', { kind: 'connecting', since: NOW - 1000 });
    expect(rowsOf(render([never]))[0]?.slice(1)).toEqual([
      '◌ connecting for 1 s',
      'unknown',
      'unknown',
      'unknown',
      'none yet',
      'none',
    ]);
    expect(textOf(render([never]))).toContain('Domains unknown unknown on 1 host Running unknown');
  });

  it('counts hosts and domains at the top', () => {
    const stuck = domains({ running: 2, paused: 1 });
    for (const [uuid, domain] of stuck)
      if (domain.name === 'd0') stuck.set(uuid, { ...domain, trouble: { since: NOW } });
    const page = textOf(
      render([
        hostSnapshot('a', { domains: stuck }),
        hostSnapshot('b', { state: lost('LV_TIMEOUT', 'x'), domainsKnown: false }),
      ]),
    );
    expect(page).toContain('Hosts 2 1 up, 1 lost');
    expect(page).toContain('Domains 3 unknown on 1 host');
    expect(page).toContain('Running 2 ');
    expect(page).toContain('Not answering 1 ');
    expect(page).toContain('1 not answering');
  });

  it('lists lost hosts first, then by name with numbers in order', () => {
    const page = render([
      hostSnapshot('kvm10'),
      hostSnapshot('kvm9'),
      hostSnapshot('kvm2', { state: { kind: 'connecting', since: NOW } }),
      hostSnapshot('kvm11', { state: lost('LV_TIMEOUT', 'x') }),
    ]);
    expect(rowsOf(page).map((row) => row[0]?.split(' ')[0])).toEqual(['kvm11', 'kvm2', 'kvm9', 'kvm10']);
  });

  it('labels simulated hosts at the top and in their rows, and only those', () => {
    const page = render([hostSnapshot('demo1', { simulated: true }), hostSnapshot('kvm1')]);
    expect(textOf(page)).toContain('SIMULATED. 1 of 2 hosts here is made up');
    expect(rowsOf(page)[0]?.[0]).toContain('demo1 SIMULATED');
    expect(rowsOf(page)[1]?.[0]).not.toContain('SIMULATED');
    expect(textOf(render([hostSnapshot('kvm1')]))).not.toContain('SIMULATED');
  });

  it('escapes everything that came from outside', () => {
    const evil = `<script>alert("1")</script>'&\u0007`;
    const page = render([
      hostSnapshot(evil, {
        uri: evil,
        state: lost(evil, evil),
        facts: { hostname: evil, driver: evil, hypervisorVersion: evil, libvirtVersion: evil },
      }),
    ]);
    expect(page).not.toMatch(/<script|\u0007|alert\("1/);
    expect(page.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&#39;&amp;\uFFFD/g)).toHaveLength(7);
    expect(page).toContain(`/metrics?host=%3Cscript%3Ealert(%221%22)%3C%2Fscript%3E&#39;%26%07`);
  });

  it('says how to begin when nothing is watched', () => {
    const page = textOf(render([]));
    expect(page).toContain('No host is watched');
    expect(page).toContain('--libvirt.uri=qemu:///system');
  });

  it('lists at most 500 hosts, those in trouble before the rest, and says how many it left out', () => {
    const many = Array.from({ length: 501 }, (_, i) => hostSnapshot(`kvm${String(i)}`));
    const page = render([...many, hostSnapshot('zz', { state: lost('LV_TIMEOUT', 'x') })]);
    expect(rowsOf(page)).toHaveLength(500);
    expect(rowsOf(page)[0]?.[0]).toContain('zz');
    expect(textOf(page)).toContain('2 more hosts');
  });
});
