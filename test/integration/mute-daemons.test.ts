// SPDX-License-Identifier: Apache-2.0
// A thousand polls beside daemons that accept connections and never answer: whoever leaks a socket a try or a poll, as
// exporters have been seen to, has a thousand by then. And a daemon that says what nobody can read.
import { protocol } from '@vireo/libvirt';
import { FakeDaemon, hostEvent, simulatedFleet } from '@vireo/libvirt/testing';
import { startExporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startMuteDaemon } from '../lab/mute-daemon.ts';
import { checkEveryPage, seePage } from '../lab/pages.ts';
import type { Exposition } from '../lab/exporter.ts';
import { fdCount } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(180_000);

/** One fake daemon under so many names. It lives in this process, so on a busy machine it needs its two seconds to answer. */
const GOOD_HOSTS = 50;
const MUTE_HOSTS = 10;

let lab: Lab;
const checked = checkEveryPage();

beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

test('leave as many file descriptors open after a thousand polls as before, and every other host up', async () => {
  const [host] = simulatedFleet({ hosts: 1, domainsPerHost: 3 });
  if (host === undefined) throw new Error('no host was invented');
  const daemon = await FakeDaemon.listen({ host });
  lab.onClose(async () => {
    await daemon.close();
    host.close();
  });
  const mute = await startMuteDaemon(lab);
  const hosts = [
    ...Array.from({ length: GOOD_HOSTS }, (_, i) => `  - { name: good${String(i)}, uri: "${daemon.uri}" }`),
    ...Array.from({ length: MUTE_HOSTS }, (_, i) => `  - { name: mute${String(i)}, uri: "${mute.uri}" }`),
  ];
  const exporter = await startExporter(lab, {
    config: `hosts:\n${hosts.join('\n')}\npoll: { intervalSeconds: 2 }\n`,
    checker: checked(host.spec.cpuCount),
  });
  const { pid } = exporter.process;
  const up = (page: Exposition): number => page.all('libvirt_up').reduce((sum, { value }) => sum + value, 0);
  await seePage(exporter, 'the good hosts are up', 60_000, (page) => up(page) === GOOD_HOSTS);
  await waitFor(() => mute.accepted() >= MUTE_HOSTS, { what: 'every mute host was tried', deadlineMs: 30_000 });

  // What the exporter holds besides its sockets to the mute daemon, of which each try is allowed one.
  const held = async (): Promise<number> => (await fdCount(pid)) - mute.open();
  const before = await held();
  const tries = mute.accepted();
  const pages: Exposition[] = [];
  const polledAt = new Map<string, number>();
  let polls = 0;
  await waitFor(
    async () => {
      const page = await exporter.scrape();
      pages.push(page);
      expect(mute.open()).toBeLessThanOrEqual(MUTE_HOSTS);
      for (const { labels, value } of page.all('vireo_poll_last_success_timestamp_seconds', { group: 'inventory' })) {
        const name = labels['host'] ?? '';
        if (polledAt.get(name) !== value) polls += 1;
        polledAt.set(name, value);
      }
      return polls >= 1000 && mute.accepted() > tries + MUTE_HOSTS;
    },
    { what: 'a thousand polls, and more tries of each mute host', deadlineMs: 150_000, intervalMs: 100 },
  );
  expect(pages.every((page) => up(page) === GOOD_HOSTS)).toBe(true);
  // Not of one moment: a socket that the exporter has just closed may still count on our side.
  await waitFor(async () => Math.abs((await held()) - before) <= 3, {
    what: 'as many file descriptors as before',
    deadlineMs: 30_000,
  });
  await exporter.process.stop();
});

test('an event that cannot be read costs neither the connection nor an event after it, and is on record', async () => {
  const [host] = simulatedFleet({ hosts: 1, domainsPerHost: 3 });
  if (host === undefined) throw new Error('no host was invented');
  const daemon = await FakeDaemon.listen({ host });
  lab.onClose(async () => {
    await daemon.close();
    host.close();
  });
  const exporter = await startExporter(lab, {
    config: `hosts: [{ name: odd, uri: "${daemon.uri}" }]\n`,
    checker: checked(host.spec.cpuCount),
  });
  const reboots = { host: 'odd', event: 'reboot' };
  await seePage(exporter, 'nothing has happened', 30_000, (page) => {
    return page.value('libvirt_up') === 1 && page.value('libvirt_domain_events_total', reboots) === 0;
  });
  const { DOMAIN_EVENT_CALLBACK_REBOOT: reboot, DOMAIN_EVENT_CALLBACK_TUNABLE: tunable } = protocol;
  const { ref: dom } = host.named('web-1');
  // What was tuned is missing.
  const broken = { ...tunable, payload: reboot.payload };
  for (let i = 0; i < 3; i++)
    daemon.emit(hostEvent('domain', 17, dom.uuid, broken, (callbackID) => ({ callbackID, dom })));
  daemon.emit(hostEvent('domain', 1, dom.uuid, reboot, (callbackID) => ({ callbackID, dom })));
  const page = await seePage(exporter, 'the event after it', 30_000, (seen) => {
    return (
      seen.value('libvirt_domain_events_total', reboots) === 1 &&
      seen.value('vireo_host_undecodable_events_total') === 3
    );
  });
  expect(page.value('libvirt_up')).toBe(1);
  expect(page.value('vireo_host_reconnects_total')).toBe(0);
  const told = exporter.log().filter(({ event }) => event === 'event.undecodable');
  expect(told).toMatchObject([{ host: 'odd', code: 'LV_PROTO_PAYLOAD' }]);
  await exporter.process.stop();
});
