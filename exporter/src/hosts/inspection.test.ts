// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from 'node:timers/promises';
import { connect, protocol } from '@vireo/libvirt';
import type { Connection, DomainRef } from '@vireo/libvirt';
import { daemonError, ERROR_FROM, FakeDaemon, NEVER, simulatedFleet } from '@vireo/libvirt/testing';
import type { FakeStream } from '@vireo/libvirt/testing';
import { HostInspection } from './inspection.ts';
import type { HostInspectionOptions } from './inspection.ts';
import { SCREENSHOT_BYTES_MAX } from './screenshots.ts';

const {
  CONNECT_GET_CAPABILITIES,
  DOMAIN_GET_XML_DESC,
  DOMAIN_HAS_CURRENT_SNAPSHOT,
  DOMAIN_LIST_ALL_SNAPSHOTS,
  DOMAIN_SCREENSHOT,
  DOMAIN_SNAPSHOT_CURRENT,
  DOMAIN_SNAPSHOT_GET_XML_DESC,
} = protocol;
const PNG = Buffer.from('89504e470d0a1a0a00', 'hex');

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Bench {
  readonly daemon: FakeDaemon;
  readonly inspection: HostInspection;
  readonly domains: readonly DomainRef[];
  readonly domain: DomainRef;
  /** Those opened, and whether read-only. */
  readonly connections: readonly { readonly readOnly: boolean; readonly connection: Connection }[];
}

async function bench(options: Partial<HostInspectionOptions> = {}): Promise<Bench> {
  const [host] = simulatedFleet({ hosts: 1, domainsPerHost: 16, guestMs: 50 });
  const daemon = await FakeDaemon.listen(host === undefined ? {} : { host });
  cleanUps.push(() => daemon.close());
  const connections: { readOnly: boolean; connection: Connection }[] = [];
  const inspection = new HostInspection({
    host: 'kvm1',
    open: async (readOnly, signal) => {
      const connection = await connect(daemon.uri, { readOnly, signal });
      connections.push({ readOnly, connection });
      return connection;
    },
    ...options,
  });
  cleanUps.push(() => inspection.close());
  const lister = await connect(daemon.uri);
  const domains = await lister.domains.list({ active: true });
  await lister.close();
  const [domain] = domains;
  if (domain === undefined) throw new Error('no domain is active');
  return { daemon, inspection, domains, domain, connections };
}

/** Has the daemon send these bytes as every screenshot. */
function answer(daemon: FakeDaemon, mime: string | null, ...pieces: Buffer[]): FakeStream[] {
  const streams: FakeStream[] = [];
  daemon.on(DOMAIN_SCREENSHOT, (_, { stream, afterReply }) => {
    streams.push(stream);
    afterReply(() => {
      for (const piece of pieces) stream.send(piece);
      stream.end();
    });
    return { mime };
  });
  return streams;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 4000 && !condition(); i++) await sleep(5);
  if (!condition()) throw new Error(`waited 20 s in vain: ${what}`);
}

describe('XML', () => {
  test('comes without secrets, as it runs or as it will start next, on one read-only connection', async () => {
    const { daemon, inspection, domain, connections } = await bench();
    const flags: number[] = [];
    daemon.on(DOMAIN_GET_XML_DESC, (args) => {
      flags.push(args.flags);
      const memory = args.flags === 2 ? '2' : '1';
      return { xml: `<domain>\n<memory>${memory}</memory><graphics type='vnc' passwd='hunter2'/>\n</domain>` };
    });
    const masked = (memory: string): string =>
      `<domain>\n<memory>${memory}</memory><graphics type='vnc' passwd='[redacted]'/>\n</domain>`;
    expect(await inspection.domainXml(domain, 'live')).toBe(masked('1'));
    expect(await inspection.domainXml(domain, 'config')).toBe(masked('2'));
    const diff = await inspection.domainXmlDiff(domain);
    expect(diff.changes).toEqual([{ path: '/domain/memory', live: '1', config: '2' }]);
    expect(diff.unified).not.toContain('hunter2');
    expect(flags).toEqual([0, 2, 0, 2]);
    expect(connections.map(({ readOnly }) => readOnly)).toEqual([true]);
  });

  test('of a simulated host is what the daemon says', async () => {
    const { inspection, domain } = await bench();
    expect(await inspection.domainXml(domain, 'live')).toContain(`<uuid>${domain.uuid}</uuid>`);
    expect(await inspection.capabilitiesXml()).toContain('<capabilities>');
  });

  test('that cannot be read is refused', async () => {
    const { daemon, inspection, domain } = await bench();
    daemon.on(DOMAIN_GET_XML_DESC, () => ({ xml: `<domain passwd='hunter2'` }));
    await expect(inspection.domainXml(domain, 'live')).rejects.toMatchObject({ code: 'VIREO_XML' });
  });

  test('that does not come ends at the deadline, and hanging calls are bounded', async () => {
    const { daemon, inspection, domain } = await bench({ deadlineMs: 100 });
    let received = 0;
    daemon.on(DOMAIN_GET_XML_DESC, () => {
      received += 1;
      return NEVER;
    });
    const attempts = Array.from({ length: 6 }, () => inspection.domainXml(domain, 'live').catch((e: unknown) => e));
    for (const error of await Promise.all(attempts)) {
      expect((error as { code: string }).code).toMatch(/TIMEOUT|ABORTED|BUSY/);
    }
    await expect(inspection.domainXml(domain, 'live')).rejects.toMatchObject({ code: 'VIREO_BUSY' });
    expect(received).toBe(4);
  });

  test('is given up when its caller goes', async () => {
    const { daemon, inspection, domain } = await bench();
    daemon.on(DOMAIN_GET_XML_DESC, () => NEVER);
    const controller = new AbortController();
    const xml = inspection.domainXml(domain, 'live', controller.signal);
    controller.abort(new Error('the browser has gone'));
    await expect(xml).rejects.toThrow('the browser has gone');
    await expect(inspection.domainXml(domain, 'live', controller.signal)).rejects.toThrow('the browser has gone');
  });
});

describe('snapshots', () => {
  /** Has the daemon tell of so many. */
  function have(daemon: FakeDaemon, count: number): string[] {
    const read: string[] = [];
    daemon.on(DOMAIN_LIST_ALL_SNAPSHOTS, ({ dom }) => ({
      snapshots: Array.from({ length: count }, (_, index) => ({ name: `s${String(index)}`, dom })),
      ret: 0,
    }));
    daemon.on(DOMAIN_HAS_CURRENT_SNAPSHOT, () => ({ result: true }));
    daemon.on(DOMAIN_SNAPSHOT_CURRENT, ({ dom }) => ({ snap: { name: 's1', dom } }));
    daemon.on(DOMAIN_SNAPSHOT_GET_XML_DESC, ({ snap }) => {
      read.push(snap.name);
      return { xml: `<domainsnapshot><name>${snap.name}</name><creationTime>17</creationTime></domainsnapshot>` };
    });
    return read;
  }

  test('are told with what each says of itself, over a read-only connection', async () => {
    const { daemon, inspection, domain, connections } = await bench();
    have(daemon, 2);
    expect(await inspection.snapshots(domain)).toEqual({
      items: [
        { name: 's0', createdAt: 17 },
        { name: 's1', createdAt: 17, current: true },
      ],
      total: 2,
    });
    expect(connections.map(({ readOnly }) => readOnly)).toEqual([true]);
  });

  test('of a domain without any are none', async () => {
    const { inspection, domain } = await bench();
    expect(await inspection.snapshots(domain)).toEqual({ items: [], total: 0 });
  });

  test('are bounded, however many there are', async () => {
    const { daemon, inspection, domain } = await bench();
    const read = have(daemon, 1500);
    const { items, total } = await inspection.snapshots(domain);
    expect([items.length, total, read.length]).toEqual([1000, 1500, 256]);
    expect(items[999]).toEqual({ name: 's999' });
  });

  test('that do not come end at the deadline', async () => {
    const { daemon, inspection, domain } = await bench({ deadlineMs: 100 });
    daemon.on(DOMAIN_LIST_ALL_SNAPSHOTS, () => NEVER);
    await expect(inspection.snapshots(domain)).rejects.toMatchObject({
      code: expect.stringMatching(/TIMEOUT|ABORTED/) as string,
    });
  });

  test('of a driver without them are its refusal', async () => {
    const { daemon, inspection, domain } = await bench();
    daemon.on(DOMAIN_LIST_ALL_SNAPSHOTS, () => {
      throw daemonError('NO_SUPPORT', ERROR_FROM.NONE, 'virDomainListAllSnapshots');
    });
    await expect(inspection.snapshots(domain)).rejects.toMatchObject({ name: 'VIR_ERR_NO_SUPPORT' });
  });
});

describe('a screenshot', () => {
  test('comes over a read-write connection and leaves no stream open', async () => {
    const { daemon, inspection, domain, connections } = await bench();
    const { mime, bytes } = await inspection.screenshot(domain);
    expect(mime).toBe('image/png');
    expect(bytes.toString('latin1', 1, 4)).toBe('PNG');
    expect(connections.map(({ readOnly }) => readOnly)).toEqual([false]);
    expect(daemon.sessions.map(({ openStreams }) => openStreams)).toEqual([0]);
  });

  test('is taken once for all who ask meanwhile and for a moment afterwards', async () => {
    const { daemon, inspection, domain, domains } = await bench({ screenshotCacheMs: 300 });
    const streams = answer(daemon, 'image/png', PNG);
    const pictures = await Promise.all(Array.from({ length: 20 }, () => inspection.screenshot(domain)));
    expect(new Set(pictures).size).toBe(1);
    expect(streams).toHaveLength(1);
    await inspection.screenshot(domain, 1);
    if (domains[1] !== undefined) await inspection.screenshot(domains[1]);
    await inspection.screenshot({ ...domain, id: domain.id + 100 });
    expect(streams).toHaveLength(4);
    await sleep(400);
    await inspection.screenshot(domain);
    expect(streams).toHaveLength(5);
  });

  test('is not kept when it failed', async () => {
    const { daemon, inspection, domain } = await bench();
    answer(daemon, 'image/png', Buffer.from('no picture'));
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({ code: 'VIREO_UNSUPPORTED' });
    answer(daemon, 'image/png', PNG);
    expect((await inspection.screenshot(domain)).bytes).toEqual(PNG);
  });

  test('as PPM becomes a PNG, whatever its pieces', async () => {
    const { daemon, inspection, domain } = await bench();
    answer(daemon, 'image/x-portable-pixmap', Buffer.from('P'), Buffer.from('6\n1 1\n2'), Buffer.from('55\nabc'));
    const { mime, bytes } = await inspection.screenshot(domain);
    expect([mime, bytes.toString('latin1', 1, 4)]).toEqual(['image/png', 'PNG']);
  });

  test.each([
    ['text/html', '<script>', 'VIREO_UNSUPPORTED', `"text/html"`],
    [null, 'GIF89a', 'VIREO_UNSUPPORTED', 'of no type'],
    ['image/x-portable-pixmap', 'P6\n100 100\n255\nabc', 'VIREO_LIBVIRT', 'cannot be read'],
  ])('as %s that is no picture for a browser is refused', async (mime, content, code, message) => {
    const { daemon, inspection, domain } = await bench();
    answer(daemon, mime, Buffer.from(content));
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  test('without an end is broken off', async () => {
    const { daemon, inspection, domain } = await bench();
    const streams: FakeStream[] = [];
    daemon.on(DOMAIN_SCREENSHOT, (_, { stream, afterReply }) => {
      streams.push(stream);
      afterReply(() => {
        for (let sent = 0; sent <= SCREENSHOT_BYTES_MAX; sent += 256_000) stream.send(Buffer.alloc(256_000));
      });
      return { mime: 'image/png' };
    });
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({
      message: expect.stringContaining('larger than 16 MiB') as string,
    });
    expect(await streams[0]?.ended).toBe('aborted');
  });

  test('that stops halfway ends at the deadline and is aborted', async () => {
    const { daemon, inspection, domain } = await bench({ deadlineMs: 200 });
    const streams: FakeStream[] = [];
    daemon.on(DOMAIN_SCREENSHOT, (_, { stream, afterReply }) => {
      streams.push(stream);
      afterReply(() => {
        stream.send(PNG);
      });
      return { mime: 'image/png' };
    });
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({ code: 'VIREO_LIBVIRT_TIMEOUT' });
    expect(await streams[0]?.ended).toBe('aborted');
  });

  test('of a domain that does not answer is not asked for again until it does', async () => {
    const { daemon, inspection, domain, domains } = await bench({ deadlineMs: 200 });
    let asked = 0;
    let thaw: () => void = () => undefined;
    daemon.on(DOMAIN_SCREENSHOT, ({ dom }, { stream, afterReply }) => {
      const reply = (): { mime: string } => {
        afterReply(() => {
          stream.send(PNG);
          stream.end();
        });
        return { mime: 'image/png' };
      };
      if (dom.uuid !== domain.uuid) return reply();
      asked += 1;
      return new Promise((resolve) => {
        thaw = () => {
          resolve(reply());
        };
      });
    });
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({
      code: expect.stringMatching(/TIMEOUT|ABORTED/) as string,
    });
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({ code: 'VIREO_DOMAIN_BUSY' });
    expect(asked).toBe(1);
    if (domains[1] !== undefined) expect((await inspection.screenshot(domains[1])).bytes).toEqual(PNG);
    thaw();
    await until(() => daemon.sessions.every(({ openStreams }) => openStreams === 0), 'the late stream is aborted');
    const again = inspection.screenshot(domain);
    await until(() => asked === 2, 'the domain is asked again');
    thaw();
    expect((await again).bytes).toEqual(PNG);
  });

  test('of a domain that is held is refused with the name of who holds it, once libvirt has told', async () => {
    const { daemon, inspection, domain } = await bench({ deadlineMs: 100 });
    let tell: () => void = () => undefined;
    let asked = 0;
    daemon.on(DOMAIN_SCREENSHOT, () => {
      asked += 1;
      return new Promise((_, reject) => {
        tell = () => {
          const holder = '(held by monitor=remoteDispatchDomainSuspend)';
          reject(daemonError('OPERATION_TIMEOUT', ERROR_FROM.NONE, `cannot acquire state change lock ${holder}`));
        };
      });
    });
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({ code: 'VIREO_LIBVIRT_TIMEOUT' });
    await expect(inspection.screenshot(domain)).rejects.toMatchObject({ code: 'VIREO_DOMAIN_BUSY' });
    tell();
    let said = '';
    for (let i = 0; i < 1000 && !said.includes('held by'); i++) {
      said = await inspection.screenshot(domain).then(String, String);
      await sleep(5);
    }
    expect(said).toContain('(held by monitor=remoteDispatchDomainSuspend)');
    expect(asked).toBe(1);
    // Another process of the domain is held by nobody yet.
    await expect(inspection.screenshot({ ...domain, id: 99 })).rejects.toMatchObject({ code: 'VIREO_LIBVIRT_TIMEOUT' });
    expect(asked).toBe(2);
  });

  test('is one of two under way; eight wait, more are refused', async () => {
    const { daemon, inspection, domains } = await bench();
    const begun: (() => void)[] = [];
    let most = 0;
    daemon.on(DOMAIN_SCREENSHOT, (_, { stream, afterReply }) => {
      afterReply(() => {
        begun.push(() => {
          stream.send(PNG);
          stream.end();
        });
        most = Math.max(most, begun.length);
      });
      return { mime: 'image/png' };
    });
    const [domain] = domains;
    if (domain === undefined) throw new Error('no domain');
    const results = Array.from({ length: 12 }, (_, screen) =>
      inspection.screenshot(domain, screen).then(
        () => 'taken',
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    for (let taken = 0; taken < 10; taken += 1) {
      await until(() => begun.length > 0, 'a screenshot is begun');
      begun.shift()?.();
    }
    expect(await Promise.all(results)).toEqual([...Array<string>(10).fill('taken'), 'VIREO_BUSY', 'VIREO_BUSY']);
    expect(most).toBeLessThanOrEqual(2);
  });

  test('goes on for the others when one caller goes', async () => {
    const { daemon, inspection, domain } = await bench();
    let finish: () => void = () => undefined;
    daemon.on(DOMAIN_SCREENSHOT, (_, { stream, afterReply }) => {
      afterReply(() => {
        finish = () => {
          stream.send(PNG);
          stream.end();
        };
      });
      return { mime: 'image/png' };
    });
    const controller = new AbortController();
    const stays = inspection.screenshot(domain);
    const goes = inspection.screenshot(domain, 0, controller.signal);
    controller.abort(new Error('gone'));
    await expect(goes).rejects.toThrow('gone');
    await until(() => daemon.calls.some(({ procedure }) => procedure === DOMAIN_SCREENSHOT.number), 'it is begun');
    await sleep(20);
    finish();
    expect((await stays).bytes).toEqual(PNG);
  });
});

describe('the connections', () => {
  test('close when nothing has used them for a while, and open again', async () => {
    const { daemon, inspection, domain, connections } = await bench({ idleMs: 50 });
    await inspection.domainXml(domain, 'live');
    await inspection.screenshot(domain);
    expect(daemon.sessions).toHaveLength(2);
    await until(() => daemon.sessions.length === 0, 'both are closed');
    await inspection.domainXml(domain, 'live');
    expect(connections).toHaveLength(3);
  });

  test('that break are opened anew', async () => {
    const { inspection, domain, connections } = await bench();
    await inspection.domainXml(domain, 'live');
    await connections[0]?.connection.close();
    expect(await inspection.domainXml(domain, 'live')).toContain('<domain');
    expect(connections).toHaveLength(2);
  });

  test('that cannot be opened fail what wanted them', async () => {
    const { inspection, domain } = await bench({ open: () => Promise.reject(new Error('no route')) });
    await expect(inspection.domainXml(domain, 'live')).rejects.toThrow('no route');
    await expect(inspection.screenshot(domain)).rejects.toThrow('no route');
  });

  test('are closed for good, and so is what was under way', async () => {
    const { daemon, inspection, domain } = await bench();
    daemon.on(CONNECT_GET_CAPABILITIES, () => NEVER);
    daemon.on(DOMAIN_SCREENSHOT, () => NEVER);
    const failed = [inspection.capabilitiesXml(), inspection.screenshot(domain)].map((promise) =>
      expect(promise).rejects.toThrow(),
    );
    await until(() => daemon.sessions.length === 2, 'both are open');
    await inspection.close();
    await Promise.all(failed);
    await until(() => daemon.sessions.length === 0, 'both are closed');
    await expect(inspection.capabilitiesXml()).rejects.toThrow('no longer watched');
    await expect(inspection.screenshot(domain, 7)).rejects.toThrow('no longer watched');
  });
});
