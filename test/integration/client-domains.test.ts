// SPDX-License-Identifier: Apache-2.0
// The client and real QEMU domains: what may be done, events, streams, statistics, and what happens in bad times.
import { connect } from '@vireo/libvirt';
import type { Connection, DomainRef } from '@vireo/libvirt';
import { domainNames, freezeDomain, startDomains } from '../lab/domains.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { medianMs, waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const NAMES = domainNames('vm', 3);
const PNG_SIGNATURE = '89504e470d0a1a0a';

let lab: Lab;
let libvirtd: Libvirtd;
let reader: Connection;
let writer: Connection;
let domain: DomainRef;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, NAMES);
  reader = await connect(libvirtd.readOnlyUri);
  writer = await connect(libvirtd.uri, { readOnly: false });
  lab.onClose(() => reader.close());
  lab.onClose(() => writer.close());
  domain = await writer.domains.lookupByName('vm1');
}, 120_000);

afterAll(() => lab.close());

/** What a real connection says when a promise of it is kept within the time; the promise's own failure otherwise. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(ms);
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => {
      timeout.addEventListener('abort', () => {
        reject(new Error(`not within ${String(ms)} ms`));
      });
    }),
  ]);
}

describe('a read-only connection', () => {
  test('sees what is there', async () => {
    const domains = await reader.domains.list();
    expect(domains.map((dom) => dom.name).sort()).toEqual(NAMES);
    expect(await reader.domains.state(domain)).toMatchObject({ state: 'running', reason: 'booted' });
    expect(await reader.domains.xml(domain)).toContain('<name>vm1</name>');
  });

  test('is refused a write, by the daemon, and goes on', async () => {
    const refused = reader.domains.suspend(domain);
    await expect(refused).rejects.toMatchObject({ code: 'LV_REMOTE', number: 29, name: 'VIR_ERR_OPERATION_DENIED' });
    expect((await reader.domains.state(domain)).state).toBe('running');
  });
});

describe('statistics', () => {
  test('come in one call, with devices by name, in numbers that move', async () => {
    const read = async (): Promise<number> => {
      const [record] = await reader.stats.getAll({ groups: ['state', 'cpu', 'block', 'interface'], domains: [domain] });
      expect(record?.domain.name).toBe('vm1');
      expect(record?.block.get(0)?.get('name')).toBe('vda');
      expect(record?.net.size).toBe(1);
      return Number(record?.block.get(0)?.get('rd.reqs'));
    };
    const first = await read();
    await waitFor(async () => (await read()) > first, { what: 'the read counter grows', deadlineMs: 30_000 });
  });
});

describe('events', () => {
  test('tell of suspend, resume, destroy and start within a second, on a read-only connection', async () => {
    const seen: string[] = [];
    const unsubscribe = await reader.events.subscribe('lifecycle', (event) => {
      if (event.domain.name === 'vm2') seen.push(event.event);
    });
    const steps = [
      ['suspend', 'suspended'],
      ['resume', 'resumed'],
      ['destroy', 'stopped'],
      ['start', 'started'],
    ] as const;
    const times: number[] = [];
    for (const [command, event] of steps) {
      await libvirtd.virsh(command, 'vm2');
      const began = performance.now();
      await waitFor(() => seen.includes(event), { what: `the event ${event} after ${command}`, deadlineMs: 20_000 });
      times.push(performance.now() - began);
    }
    expect(medianMs(times)).toBeLessThan(1000);
    unsubscribe();
    const count = seen.length;
    await libvirtd.virsh('suspend', 'vm2');
    await libvirtd.virsh('resume', 'vm2');
    await reader.host.hostname();
    expect(seen).toHaveLength(count);
  });

  test('reach every listener, and one registration is enough', async () => {
    const [first, second]: [string[], string[]] = [[], []];
    const ends = [
      await reader.events.subscribe('lifecycle', (event) => first.push(event.domain.name)),
      await reader.events.subscribe('lifecycle', (event) => second.push(event.domain.name)),
    ];
    await libvirtd.virsh('suspend', 'vm3');
    await waitFor(() => first.includes('vm3') && second.includes('vm3'), {
      what: 'both listeners',
      deadlineMs: 20_000,
    });
    for (const end of ends) end();
    await libvirtd.virsh('resume', 'vm3');
  });
});

describe('streams', () => {
  async function takeScreenshot(): Promise<Buffer> {
    const { stream } = await writer.devices.screenshot(domain);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  test('twenty screenshots, each whole, leave no file open in libvirtd', async () => {
    const { mime } = await screenshotHead();
    const first = await takeScreenshot();
    const signature = mime === 'image/png' ? PNG_SIGNATURE : Buffer.from('P6').toString('hex');
    expect(first.subarray(0, signature.length / 2).toString('hex')).toBe(signature);
    const before = await libvirtd.fdCount();
    for (let n = 0; n < 20; n += 1) expect((await takeScreenshot()).length).toBeGreaterThan(100);
    await waitFor(async () => (await libvirtd.fdCount()) <= before, {
      what: 'libvirtd has closed what the screenshots opened',
      deadlineMs: 20_000,
    });
  });

  test('twenty screenshots broken off at once leave no file open either', async () => {
    await takeScreenshot();
    const before = await libvirtd.fdCount();
    for (let n = 0; n < 20; n += 1) await screenshotHead();
    await waitFor(async () => (await libvirtd.fdCount()) <= before, {
      what: 'libvirtd has closed what the broken-off screenshots opened',
      deadlineMs: 20_000,
    });
    expect((await takeScreenshot()).length).toBeGreaterThan(100);
  });

  /** Begins a screenshot and breaks it off. */
  async function screenshotHead(): Promise<{ mime: string | null }> {
    const { mime, stream } = await writer.devices.screenshot(domain);
    stream.destroy();
    await waitFor(() => stream.closed, { what: 'the stream is closed', deadlineMs: 20_000 });
    return { mime };
  }
});

describe('deeds', () => {
  test('suspend, resume, destroy and start do what they say', async () => {
    const vm3 = await writer.domains.lookupByName('vm3');
    await writer.domains.suspend(vm3);
    expect(await writer.domains.state(vm3)).toMatchObject({ state: 'paused', reason: 'user' });
    await writer.domains.resume(vm3);
    expect((await writer.domains.state(vm3)).state).toBe('running');
    await writer.domains.destroy(vm3);
    expect(await writer.domains.state(vm3)).toMatchObject({ state: 'shutoff', reason: 'destroyed' });
    const started = await writer.domains.start(vm3);
    expect(started.id).toBeGreaterThan(0);
    expect(started.uuid).toBe(vm3.uuid);
  });

  test('what is not there, and what cannot be done now, are errors with libvirt’s numbers', async () => {
    await expect(writer.domains.lookupByName('nobody')).rejects.toMatchObject({
      name: 'VIR_ERR_NO_DOMAIN',
      number: 42,
    });
    await expect(writer.domains.resume(domain)).rejects.toMatchObject({
      name: 'VIR_ERR_OPERATION_INVALID',
      number: 55,
    });
  });
});

describe('bad times', () => {
  test('a call to a frozen QEMU ends at its deadline, keeps its slot, and harms no other call', async () => {
    const connection = await connect(libvirtd.uri, { readOnly: false });
    const thaw = await freezeDomain(lab, 'vm2');
    try {
      const vm2 = await connection.domains.lookupByName('vm2');
      const stats = connection.stats.getAll({ groups: ['balloon', 'block'], domains: [vm2] }, { deadlineMs: 500 });
      await expect(stats).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
      expect(connection.load).toMatchObject({ inFlight: 0, abandoned: 1 });
      expect((await within(10_000, connection.domains.state(vm2))).state).toBe('running');
      thaw();
      await waitFor(() => connection.load.abandoned === 0, {
        what: 'the late reply frees the slot',
        deadlineMs: 20_000,
      });
    } finally {
      thaw();
      await connection.close();
    }
  });

  test('when libvirtd is killed, waiting calls fail at once and the connection says why it ended', async () => {
    const connection = await connect(libvirtd.uri, { readOnly: false });
    const thaw = await freezeDomain(lab, 'vm2');
    try {
      const vm2 = await connection.domains.lookupByName('vm2');
      const waiting = connection.stats.getAll({ groups: ['balloon'], domains: [vm2] });
      const failure = expect(within(20_000, waiting)).rejects.toMatchObject({ code: 'LV_CONN_CLOSED' });
      await libvirtd.kill();
      await failure;
      expect(await within(10_000, connection.closed)).toMatchObject({ code: 'LV_CONN_CLOSED' });
      await expect(connection.host.hostname()).rejects.toThrow();
      await expect(connect(libvirtd.uri)).rejects.toMatchObject({ code: 'LV_CONN_REFUSED' });
    } finally {
      thaw();
    }
    await libvirtd.restart();
    const again = await connect(libvirtd.uri);
    expect((await again.domains.list({ active: true })).map((dom) => dom.name).sort()).toEqual(NAMES);
    await again.close();
    expect(await again.closed).toBeNull();
  });
});
