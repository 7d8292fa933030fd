// SPDX-License-Identifier: Apache-2.0
// The built exporter under more scrapers than it was made for. The daemon is a fake, because only a fake counts the
// calls it gets.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeDaemon, simulatedFleet } from '@vireo/libvirt/testing';
import { parsePage, startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { PageChecker } from '../lab/page-checker.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

/** A page of 11 MB: more than the kernel's buffers of a connection hold. */
const DOMAINS = 1500;

let lab: Lab;
let daemon: FakeDaemon;
let closeHost: () => void;
let exporter: Exporter;
let checker: PageChecker;

beforeAll(async () => {
  lab = await openLab();
  const [host] = simulatedFleet({ hosts: 1, domainsPerHost: DOMAINS });
  if (host === undefined) throw new Error('no host was invented');
  closeHost = () => {
    host.close();
  };
  daemon = await FakeDaemon.listen({ host });
  checker = new PageChecker(host.spec.cpuCount);
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: kvm1, uri: "${daemon.uri}" }]
poll: { intervalSeconds: 3600, statisticsDeadlineSeconds: 60, detailsIntervalSeconds: 86400 }
`,
    checker,
  });
  await waitFor(async () => (await exporter.scrape()).all('libvirt_domain_info').length === DOMAINS, {
    what: 'all domains are on the page',
    deadlineMs: 60_000,
  });
  await quiet();
});
afterAll(async () => {
  await lab.close();
  await daemon.close();
  closeHost();
  expect(checker.findings).toEqual([]);
});

/** Resolves when the daemon has got no call for a second: the first poll is over and the next an hour away. */
async function quiet(): Promise<void> {
  let calls = -1;
  while (calls !== daemon.calls.length) {
    calls = daemon.calls.length;
    await sleep(1000);
  }
}

function residentMiB(): number {
  const status = readFileSync(`/proc/${String(exporter.process.pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

describe('scrapes', () => {
  it('at the same time, of every kind, cost libvirt no call', async () => {
    const paths = ['/metrics', '/metrics?host=kvm1', '/probe?target=kvm1', '/metrics?collect[]=block', '/sd'];
    const before = { calls: daemon.calls.length, pages: checker.pages };
    const scrape = async (i: number): Promise<number> => {
      const headers = i % 2 === 0 ? { accept: 'application/openmetrics-text' } : { 'accept-encoding': 'identity' };
      const response = await fetch(`${exporter.url}${paths[i % paths.length] ?? ''}`, { headers });
      const text = await response.text();
      if (i % 2 === 1 && i % paths.length === 0) checker.take(parsePage(text, 0));
      return response.status;
    };
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, i) => scrape(i)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(checker.pages).toBeGreaterThan(before.pages + 1);
    expect(daemon.calls.length).toBe(before.calls);
  });

  it('that are never read hold a bounded share of memory, and are gone without a trace', async () => {
    const size = (await exporter.scrape()).text.length;
    const before = residentMiB();
    let most = before;
    for (let round = 0; round < 3; round++) {
      const deaf: Socket[] = [];
      for (let i = 0; i < 60; i++) {
        const [host, port] = exporter.address.split(':');
        const socket = connect(Number(port), host).pause();
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\n\r\n');
        deaf.push(socket);
      }
      await waitFor(async () => (await fetch(`${exporter.url}/metrics`, { method: 'HEAD' })).status === 503, {
        what: 'one more scrape is refused',
        deadlineMs: 20_000,
      });
      expect((await fetch(`${exporter.url}/-/healthy`)).status).toBe(200);
      most = Math.max(most, residentMiB());
      for (const socket of deaf) socket.destroy();
      await waitFor(async () => (await fetch(`${exporter.url}/metrics`)).ok, {
        what: 'scrapes are served again',
        deadlineMs: 30_000,
      });
    }
    // 256 MiB of answers, one too many, and what making them takes. Without a bound it would be 60 pages, 660 MiB.
    expect(size).toBeGreaterThan(8 * 1024 * 1024);
    expect(most - before).toBeLessThan(256 + 150);
  });
});
