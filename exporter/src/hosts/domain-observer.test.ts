// SPDX-License-Identifier: Apache-2.0
// What is asked of each domain beside the polls: it comes, it goes, and a domain that does not answer is alone with it.

import { setTimeout as delay } from 'node:timers/promises';
import { protocol } from '@vireo/libvirt';
import type { TypedParam } from '@vireo/libvirt';
import { ERROR_FROM, NEVER, daemonError, hostEvent } from '@vireo/libvirt/testing';
import type { FakeDaemon, SimulatedHost } from '@vireo/libvirt/testing';
import { DEFAULT_GROUPS } from '../contract/groups.ts';
import { until, watchHost } from './watch-host.fixture.ts';
import type { Watch, WatchOptions } from './watch-host.fixture.ts';

const {
  CONNECT_LIST_ALL_DOMAINS,
  DOMAIN_CHECKPOINT_GET_XML_DESC,
  DOMAIN_GET_BLOCK_JOB_INFO,
  DOMAIN_GET_DISK_ERRORS,
  DOMAIN_GET_GUEST_INFO,
  DOMAIN_GET_JOB_STATS,
  DOMAIN_GET_VCPUS,
  DOMAIN_GET_XML_DESC,
  DOMAIN_HAS_CURRENT_SNAPSHOT,
  DOMAIN_INTERFACE_ADDRESSES,
  DOMAIN_LIST_ALL_CHECKPOINTS,
  DOMAIN_LIST_ALL_SNAPSHOTS,
  DOMAIN_SNAPSHOT_CURRENT,
  DOMAIN_SNAPSHOT_GET_XML_DESC,
} = protocol;

jest.setTimeout(60_000);

let watch: Watch;

async function startUp(options: WatchOptions = {}): Promise<Watch> {
  watch = await watchHost(options);
  await until(() => watch.host.snapshot.polls.has('disk-errors'), 'the first observations');
  return watch;
}

afterEach(() => watch.end());

const observed = (name: string) => watch.domain(name)?.observed;
const callsOf = (procedure: { readonly number: number }): number =>
  watch.daemon.calls.filter(({ procedure: number }) => number === procedure.number).length;
const running = (): string[] =>
  [...watch.host.snapshot.domains.values()].filter(({ state }) => state === 'running').map(({ name }) => name);

const DISK = "<disk type='file' device='disk'><target dev='vda'/></disk>";
const NO_JOB = { found: false, type: 0, bandwidth: 0n, cur: 0n, end: 0n };

/** QEMU's driver says so of a job that is ready (3) or over (0). */
function blockJobEvent(simulated: SimulatedHost, name: string, status: number) {
  const dom = simulated.named(name).ref;
  return hostEvent('domain', 16, dom.uuid, protocol.DOMAIN_EVENT_BLOCK_JOB_2, (callbackID) => ({
    callbackID,
    dom,
    dst: 'vda',
    type: 2,
    status,
  }));
}

describe('block jobs', () => {
  it('are found when we connect, followed at every poll, and gone when they end', async () => {
    let job = { found: true, type: 2, bandwidth: 1_048_576n, cur: 10n, end: 100n };
    const { daemon, simulated } = await startUp({
      prepare: (fake) => {
        fake.on(DOMAIN_GET_BLOCK_JOB_INFO, ({ dom, path }) => (dom.name === 'web-1' && path === 'vda' ? job : NO_JOB));
      },
    });
    await until(() => observed('web-1')?.blockJobs?.length === 1, 'the job');
    expect(observed('web-1')?.blockJobs).toEqual([
      { target: 'vda', type: 'copy', bandwidthBytesPerSecond: 1_048_576, current: 10, end: 100 },
    ]);
    job = { ...job, cur: 60n };
    await until(() => observed('web-1')?.blockJobs?.[0]?.current === 60, 'progress');
    // The others were asked once and are left alone.
    const asked = () => daemon.calls.filter(({ procedure }) => procedure === DOMAIN_GET_BLOCK_JOB_INFO.number).length;
    await until(() => observed('db-1')?.blockJobs !== undefined, 'all asked');
    const before = asked();
    await watch.polls(3);
    expect(asked() - before).toBeLessThanOrEqual(5);
    job = { ...job, found: false };
    await until(() => observed('web-1')?.blockJobs?.length === 0, 'its end');
    job = { ...job, found: true };
    simulated.emit(blockJobEvent(simulated, 'web-1', 3));
    await until(() => observed('web-1')?.blockJobs?.length === 1, 'a job that an event announced');
  });

  it('of a domain that does not answer are not shown, and those of the others are', async () => {
    const { simulated } = await startUp({
      prepare: (fake) => {
        fake.on(DOMAIN_GET_BLOCK_JOB_INFO, ({ path }) => ({ ...NO_JOB, found: path === 'vda', type: 2, end: 9n }));
      },
    });
    await until(() => observed('web-1')?.blockJobs?.length === 1 && observed('db-1')?.blockJobs?.length === 1, 'jobs');
    simulated.freeze('db-1');
    await until(() => watch.domain('db-1')?.trouble !== undefined, 'quarantine');
    await until(() => observed('db-1')?.blockJobs === undefined, 'no old figures');
    expect(observed('web-1')?.blockJobs).toHaveLength(1);
    simulated.thaw('db-1');
    await until(() => observed('db-1')?.blockJobs?.length === 1, 'its job again');
  });

  it('of the one domain that has disks are found among many that have none', async () => {
    let last = '';
    await startUp({
      fleet: { domainsPerHost: 40 },
      prepare: (fake, simulated) => {
        // As in bulk statistics, the last of the list comes first.
        last = simulated.domains.find(({ isActive }) => isActive)?.spec.name ?? '';
        withXml(fake, (name) => (name === last ? DISK : ''));
      },
    });
    // More than have their turn at one poll.
    expect(running().length).toBeGreaterThan(20);
    await until(() => observed(last)?.blockJobs !== undefined, 'its turn');
  });

  it('on thousands of slow disks are looked for bit by bit, and no other part waits for that', async () => {
    const disks = 150;
    const target = (index: number): string => `disk${String(index)}`;
    const running = new Map([target(0), target(disks - 1)].map((name) => [name, 1n]));
    await startUp({
      prepare: (fake) => {
        withXml(fake, (name) =>
          name === 'web-1' ? Array.from({ length: disks }, (_, i) => DISK.replace('vda', target(i))).join('') : '',
        );
        fake.on(DOMAIN_GET_BLOCK_JOB_INFO, async ({ path }) => {
          await delay(10);
          const cur = running.get(path);
          return cur === undefined ? NO_JOB : { ...NO_JOB, found: true, type: 2, cur, end: 100n };
        });
      },
    });
    await until(() => observed('web-1')?.diskErrors !== undefined, 'another part');
    expect(callsOf(DOMAIN_GET_BLOCK_JOB_INFO)).toBeLessThan(disks);
    await until(() => observed('web-1')?.blockJobs?.length === 2, 'both jobs');
    for (const name of running.keys()) running.set(name, 60n);
    await until(() => observed('web-1')?.blockJobs?.every(({ current }) => current === 60) === true, 'progress');
    expect(observed('web-1')?.blockJobs).toHaveLength(2);
  });
});

describe('the CPUs of vCPUs', () => {
  it('are asked at every poll, of every domain but one in quarantine, and -1 is none', async () => {
    let cpu = 1;
    const { simulated } = await startUp({
      prepare: (fake) => {
        fake.on(DOMAIN_GET_VCPUS, () => ({
          info: [
            { number: 0, state: 1, cpu_time: 1n, cpu },
            { number: 1, state: 1, cpu_time: 1n, cpu: -1 },
          ],
          cpumaps: new Uint8Array(),
        }));
      },
    });
    await until(() => observed('web-1')?.cpuOfVcpu !== undefined, 'asked');
    expect(observed('web-1')?.cpuOfVcpu).toEqual(new Map([[0, 1]]));
    cpu = 0;
    await until(() => observed('web-1')?.cpuOfVcpu?.get(0) === 0, 'the other CPU');
    simulated.freeze('db-1');
    await until(() => watch.domain('db-1')?.trouble !== undefined, 'quarantine');
    await until(() => observed('db-1')?.cpuOfVcpu === undefined, 'nothing old');
    simulated.crash('web-1');
    await until(() => observed('web-1')?.cpuOfVcpu === undefined, 'nothing of a process that is gone');
    expect(observed('mail-1')?.cpuOfVcpu).toEqual(new Map([[0, 0]]));
  });

  it('are not asked unless the group is on, which it is not by default', async () => {
    await startUp({ poll: { groups: DEFAULT_GROUPS } });
    await watch.polls(2);
    expect(callsOf(DOMAIN_GET_VCPUS)).toBe(0);
  });
});

describe('disk errors', () => {
  it('come with the I/O error and go when the domain runs again', async () => {
    const { simulated } = await startUp();
    await until(() => observed('web-1')?.diskErrors !== undefined, 'asked');
    expect(observed('web-1')?.diskErrors).toEqual([]);
    simulated.failDisk('web-1');
    await until(() => observed('web-1')?.diskErrors?.length === 1, 'the error');
    expect(observed('web-1')?.diskErrors).toEqual([{ target: 'vda', error: 'no-space' }]);
    expect(observed('db-1')?.diskErrors).toEqual([]);
  });

  it('of one domain that hangs delay no poll and cost no other domain its answer', async () => {
    const { host } = await startUp({
      prepare: (fake) => {
        fake.on(DOMAIN_GET_DISK_ERRORS, ({ dom }) => (dom.name === 'web-1' ? NEVER : { errors: [], nerrors: 0 }));
      },
    });
    await until(
      () => running().every((name) => name === 'web-1' || observed(name)?.diskErrors !== undefined),
      'others',
    );
    expect(observed('web-1')?.diskErrors).toBeUndefined();
    await until(() => host.snapshot.polls.get('disk-errors')?.success === false, 'the failure');
    await watch.polls(3);
    expect(host.snapshot.polls.get('statistics')?.success).toBe(true);
    expect(host.snapshot.polls.get('statistics')?.durationSeconds).toBeLessThan(1);
    // Not asked again while it hangs: a slot lost is one too many already.
    const asked = watch.daemon.calls.filter(({ procedure }) => procedure === DOMAIN_GET_DISK_ERRORS.number).length;
    expect(asked).toBeLessThanOrEqual(running().length + 3);
  });
});

describe('a domain that stops while it is asked', () => {
  /** Crashes it, and answers when everybody knows, or in time for the deadline all the same. */
  async function afterCrash<T>(simulated: SimulatedHost, name: string, answer: T): Promise<T> {
    simulated.crash(name);
    await until(() => watch.domain(name)?.id === -1, 'the crash seen', 700).catch(() => undefined);
    return answer;
  }

  it('shows no observation of the process that is gone', async () => {
    await startUp({
      poll: { deadlineMs: 1_000 },
      prepare: (fake, simulated) => {
        withAgents(fake);
        const refused = daemonError('OPERATION_FAILED', ERROR_FROM.DOMAIN, 'the agent is gone');
        fake.on(DOMAIN_GET_DISK_ERRORS, ({ dom }) => {
          const errors = [{ disk: 'vda', error: 1 }];
          return dom.name === 'web-1'
            ? afterCrash(simulated, dom.name, { errors, nerrors: 1 })
            : { errors, nerrors: 1 };
        });
        fake.on(DOMAIN_GET_GUEST_INFO, ({ dom }) =>
          dom.name === 'db-1' ? afterCrash(simulated, dom.name, refused) : { params: GUEST },
        );
        fake.on(DOMAIN_GET_JOB_STATS, ({ dom }) =>
          dom.name === 'mail-1' ? afterCrash(simulated, dom.name, { type: 1, params: [] }) : { type: 0, params: [] },
        );
      },
    });
    const stopped = ['web-1', 'db-1', 'mail-1'];
    await until(() => stopped.every((name) => watch.domain(name)?.id === -1), 'all stopped');
    await watch.polls(2);
    for (const name of stopped) {
      const { diskErrors, guest } = observed(name) ?? {};
      expect({ name, diskErrors, guest, job: watch.domain(name)?.job }).toEqual({ name });
    }
  });
});

describe('what is observed', () => {
  it('stays shown while it is asked for again, and not after that failed', async () => {
    let failing = false;
    const asked = { disks: 0, points: 0 };
    await startUp({
      poll: { deadlineMs: 1_000, slowIntervalMs: 300 },
      fleet: { domainsPerHost: 4 },
      prepare: (fake, simulated) => {
        serveTimes(fake, simulated, () => ({ first: 1000, second: 2000 }));
        const slowly = async <T>(answer: T): Promise<T | typeof NEVER> => {
          await delay(50);
          return failing ? NEVER : answer;
        };
        fake.on(DOMAIN_GET_DISK_ERRORS, () => (asked.disks++, slowly({ errors: [], nerrors: 0 })));
        fake.on(DOMAIN_HAS_CURRENT_SNAPSHOT, () => (asked.points++, slowly({ result: false })));
        fake.on(DOMAIN_INTERFACE_ADDRESSES, () => slowly({ ifaces: [] }));
      },
    });
    const shown = (): boolean => {
      const { diskErrors, addresses, snapshots } = observed('web-1') ?? {};
      return diskErrors !== undefined && addresses !== undefined && snapshots !== undefined;
    };
    await until(shown, 'the first time');
    const before = { ...asked };
    let gaps = 0;
    await until(() => {
      // What would be published now.
      watch.host.learn('', {});
      if (!shown()) gaps++;
      return asked.points > before.points + 2 && asked.disks > before.disks + 8;
    }, 'asked again');
    expect(gaps).toBe(0);
    failing = true;
    await until(() => observed('web-1')?.diskErrors === undefined, 'no old errors');
    await until(() => observed('web-1')?.snapshots === undefined, 'no old snapshots');
  });
});

describe('addresses', () => {
  it('come from leases and the ARP table, of the interfaces the domain has', async () => {
    await startUp({
      prepare: (fake, simulated) => {
        fake.on(DOMAIN_INTERFACE_ADDRESSES, ({ dom, source }) => ({
          ifaces: [
            {
              name: 'vnet0',
              hwaddr: simulated.named(dom.name).spec.nics[0]?.mac ?? null,
              addrs: [{ type: 0, addr: `10.0.${String(source)}.1`, prefix: 24 }],
            },
            { name: 'docker0', hwaddr: '02:42:00:00:00:01', addrs: [{ type: 0, addr: '172.17.0.1', prefix: 16 }] },
          ],
        }));
      },
    });
    await until(() => (observed('web-1')?.addresses?.length ?? 0) > 0, 'addresses');
    const addresses = observed('web-1')?.addresses ?? [];
    expect(addresses.every(({ mac }) => mac === watch.domain('web-1')?.xml?.interfaces[0]?.macAddress)).toBe(true);
    expect(addresses.at(-1)).toMatchObject({ family: 'ipv4', address: '10.0.2.1', source: 'arp' });
  });
});

describe('a driver that has leases and no ARP table, as Xen’s', () => {
  it('is not asked for the table of each domain', async () => {
    const asked: number[] = [];
    await startUp({
      prepare: (fake) => {
        fake.on(DOMAIN_INTERFACE_ADDRESSES, ({ source }) => {
          asked.push(source);
          if (source === 2)
            throw daemonError('ARGUMENT_UNSUPPORTED', ERROR_FROM.NONE, 'Unknown IP address data source 2');
          return { ifaces: [] };
        });
      },
    });
    await until(() => running().length > 4 && running().every((name) => watch.domain(name)?.xml !== undefined), 'XML');
    await watch.polls(3);
    // The domains that are asked at a time.
    expect(asked.filter((source) => source === 2).length).toBeLessThanOrEqual(2);
    expect(asked).toContain(2);
    expect(watch.host.snapshot.polls.get('addresses')?.success).not.toBe(false);
  });
});

describe('an ARP table that libvirt cannot read', () => {
  it('is nobody’s address and no failure, as libvirt 9.0 says on newer kernels', async () => {
    await startUp({
      prepare: (fake) => {
        fake.on(DOMAIN_INTERFACE_ADDRESSES, ({ source }) => {
          if (source === 2) throw daemonError('INTERNAL_ERROR', ERROR_FROM.NONE, 'wrong nlmsg len');
          return { ifaces: [] };
        });
      },
    });
    await until(() => watch.host.snapshot.polls.has('addresses'), 'addresses were asked for');
    expect(callsOf(DOMAIN_INTERFACE_ADDRESSES)).toBeGreaterThan(0);
    expect(watch.host.snapshot.polls.get('addresses')?.success).toBe(true);
    expect(observed('web-1')?.addresses ?? []).toEqual([]);
  });
});

/** Snapshots and checkpoints of one domain. */
function serveTimes(fake: FakeDaemon, simulated: SimulatedHost, madeAt: () => Readonly<Record<string, number>>): void {
  const has = 4096 | 16_384;
  fake.on(CONNECT_LIST_ALL_DOMAINS, ({ flags }) => {
    const all = simulated.domains.map(({ ref }) => ref);
    const domains = (flags & has) === 0 ? all : all.filter(({ name }) => name === 'web-1');
    return { domains, ret: domains.length };
  });
  const names = (flags: number, dom: { name: string; uuid: string; id: number }) => {
    const all = Object.keys(madeAt());
    return (flags === 0 ? all : flags === 1 ? all.slice(0, 1) : all.slice(-1)).map((name) => ({ name, dom }));
  };
  fake.on(DOMAIN_LIST_ALL_SNAPSHOTS, ({ dom, flags }) => ({ snapshots: names(flags, dom), ret: 0 }));
  fake.on(DOMAIN_LIST_ALL_CHECKPOINTS, ({ dom, flags }) => ({ checkpoints: names(flags, dom), ret: 0 }));
  fake.on(DOMAIN_HAS_CURRENT_SNAPSHOT, () => ({ result: true }));
  fake.on(DOMAIN_SNAPSHOT_CURRENT, ({ dom }) => ({ snap: { name: Object.keys(madeAt()).at(-1) ?? '', dom } }));
  fake.on(DOMAIN_SNAPSHOT_GET_XML_DESC, ({ snap }) => ({
    xml: `<domainsnapshot><creationTime>${String(madeAt()[snap.name])}</creationTime></domainsnapshot>`,
  }));
  fake.on(DOMAIN_CHECKPOINT_GET_XML_DESC, ({ checkpoint }) => ({
    xml: `<domaincheckpoint><creationTime>${String(madeAt()[checkpoint.name])}</creationTime></domaincheckpoint>`,
  }));
}

describe('snapshots and checkpoints', () => {
  it('are counted and dated; a domain without any is not asked', async () => {
    await startUp({
      prepare: (fake, simulated) => {
        serveTimes(fake, simulated, () => ({ first: 1000, second: 2000, third: 3000 }));
      },
    });
    await until(() => observed('web-1')?.checkpoints?.count === 3, 'checkpoints');
    expect(observed('web-1')?.snapshots).toEqual({ count: 3, newestAt: 3000, oldestAt: 1000, current: 'third' });
    expect(observed('web-1')?.checkpoints).toEqual({ count: 3, newestAt: 3000, oldestAt: 1000 });
    expect(observed('db-1')?.snapshots).toEqual({ count: 0 });
    // All, roots, leaves; one domain.
    expect(callsOf(DOMAIN_LIST_ALL_SNAPSHOTS)).toBe(3);
    // The second is neither newest nor oldest.
    expect(callsOf(DOMAIN_SNAPSHOT_GET_XML_DESC)).toBe(2);
  });

  it('are asked of a domain that can answer when nobody has any', async () => {
    const asked = new Set<string>();
    await startUp({
      prepare: (fake, simulated) => {
        for (const domain of simulated.domains) {
          const { name } = domain.spec;
          if (name === 'web-1' || name === 'db-1') continue;
          if (domain.isActive) simulated.crash(name);
          simulated.undefine(domain);
        }
        simulated.freeze('db-1');
        fake.on(DOMAIN_LIST_ALL_SNAPSHOTS, ({ dom }) => {
          asked.add(dom.name);
          return dom.name === 'db-1' ? NEVER : { snapshots: [], ret: 0 };
        });
      },
    });
    await until(() => observed('web-1')?.snapshots?.count === 0, 'none');
    const [first] = watch.host.snapshot.domains.values();
    expect(first).toMatchObject({ name: 'db-1', trouble: {} });
    expect(asked).not.toContain('db-1');
  });

  it('are unknown, not none, of a domain that came after the list', async () => {
    const { simulated } = await startUp();
    await until(() => observed('db-1')?.snapshots !== undefined, 'the list');
    const { spec } = simulated.named('db-1');
    simulated.define({ ...spec, name: 'newer', uuid: spec.uuid.replace(/^.{8}/, 'facade00') });
    await until(() => watch.domain('newer') !== undefined, 'the domain');
    await watch.polls(3);
    expect(observed('newer')?.snapshots).toBeUndefined();
  });

  it('are unknown, not none, where the driver does not know the filter', async () => {
    const { host } = await startUp({
      prepare: (fake, simulated) => {
        fake.on(CONNECT_LIST_ALL_DOMAINS, ({ flags }) => {
          if ((flags & 20_480) !== 0) throw daemonError('INVALID_ARG', ERROR_FROM.DOMAIN, 'unsupported flags');
          const domains = simulated.domains.map(({ ref }) => ref);
          return { domains, ret: domains.length };
        });
      },
    });
    await until(() => observed('web-1')?.diskErrors !== undefined, 'observations');
    expect(observed('web-1')?.snapshots).toBeUndefined();
    expect(host.snapshot.polls.get('snapshots')?.success).not.toBe(false);
  });

  it('are unknown, not none, where the driver has no such thing and filters all the same, as LXC does', async () => {
    await startUp({
      prepare: (fake) => {
        fake.on(DOMAIN_LIST_ALL_SNAPSHOTS, () =>
          daemonError('NO_SUPPORT', ERROR_FROM.NONE, 'virDomainListAllSnapshots'),
        );
        fake.on(DOMAIN_LIST_ALL_CHECKPOINTS, () => ({ checkpoints: [], ret: 0 }));
      },
    });
    await until(() => observed('web-1')?.checkpoints !== undefined, 'checkpoints');
    expect(observed('web-1')?.checkpoints).toEqual({ count: 0 });
    await until(() => callsOf(DOMAIN_LIST_ALL_SNAPSHOTS) > 0, 'the question');
    await watch.polls(2);
    expect(observed('web-1')?.snapshots).toBeUndefined();
    expect(callsOf(DOMAIN_LIST_ALL_SNAPSHOTS)).toBe(1);
  });
});

/** A guest's answer, in the layout libvirt 9.0.0 gives. */
const GUEST: readonly TypedParam[] = [
  { field: 'user.count', type: 'uint', value: 2 },
  { field: 'os.id', type: 'string', value: 'debian' },
  { field: 'os.pretty-name', type: 'string', value: 'Debian GNU/Linux 12 (bookworm)' },
  { field: 'timezone.name', type: 'string', value: 'CET' },
  { field: 'timezone.offset', type: 'int', value: 3600 },
  { field: 'hostname', type: 'string', value: 'web' },
  { field: 'fs.count', type: 'uint', value: 1 },
  { field: 'fs.0.name', type: 'string', value: 'vda1' },
  { field: 'fs.0.mountpoint', type: 'string', value: '/' },
  { field: 'fs.0.fstype', type: 'string', value: 'ext4' },
  { field: 'fs.0.total-bytes', type: 'ullong', value: 1000n },
  { field: 'fs.0.used-bytes', type: 'ullong', value: 400n },
];

/** Gives each domain the devices that `devices` says. */
function withXml(fake: FakeDaemon, devices: (name: string) => string): void {
  fake.on(DOMAIN_GET_XML_DESC, ({ dom: { name, uuid } }) => ({
    xml: `<domain type='kvm'><name>${name}</name><uuid>${uuid}</uuid><devices>${devices(name)}</devices></domain>`,
  }));
}

/** Gives every running domain an agent that is connected. */
function withAgents(fake: FakeDaemon): void {
  const target = "<target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>";
  withXml(fake, () => `<channel type='unix'>${target}</channel>`);
}

describe('guest agents', () => {
  it('tell of their guests, on a connection of their own', async () => {
    await startUp({
      prepare: (fake) => {
        withAgents(fake);
        fake.on(DOMAIN_GET_GUEST_INFO, () => ({ params: GUEST }));
      },
    });
    await until(() => observed('web-1')?.guest !== undefined, 'the guest');
    expect(observed('web-1')?.guest).toEqual({
      responding: true,
      hostname: 'web',
      osId: 'debian',
      osName: 'Debian GNU/Linux 12 (bookworm)',
      timezone: 'CET',
      timezoneOffsetSeconds: 3600,
      userCount: 2,
      fileSystems: [{ mountPoint: '/', device: 'vda1', type: 'ext4', totalBytes: 1000, usedBytes: 400 }],
    });
  });

  it('that hang delay neither the polls nor the other guests', async () => {
    const { host } = await startUp({
      prepare: (fake) => {
        withAgents(fake);
        fake.on(DOMAIN_GET_GUEST_INFO, ({ dom }) => {
          if (dom.name === 'web-1') return NEVER;
          if (dom.name === 'db-1') throw daemonError('OPERATION_FAILED', ERROR_FROM.QEMU, 'not connected');
          return { params: GUEST };
        });
      },
    });
    await until(() => observed('web-1')?.guest?.responding === false, 'the one that hangs');
    expect(observed('db-1')?.guest).toEqual({ responding: false });
    for (const name of running().filter((other) => other !== 'web-1' && other !== 'db-1')) {
      expect({ name, guest: observed(name)?.guest?.responding }).toEqual({ name, guest: true });
    }
    expect(host.snapshot.polls.get('guest-agents')?.success).toBe(true);
    expect(host.snapshot.polls.get('statistics')?.success).toBe(true);
    expect(watch.domain('web-1')?.trouble).toBeUndefined();
    const asked = callsOf(DOMAIN_GET_GUEST_INFO);
    await watch.polls(3);
    expect(callsOf(DOMAIN_GET_GUEST_INFO)).toBe(asked);
  });

  it('are not asked unless their group is on', async () => {
    await startUp({
      poll: { groups: new Set(['domain', 'diskerror'] as const) },
      prepare: (fake) => {
        withAgents(fake);
      },
    });
    await watch.polls(2);
    for (const procedure of [DOMAIN_GET_GUEST_INFO, DOMAIN_GET_BLOCK_JOB_INFO, DOMAIN_INTERFACE_ADDRESSES]) {
      expect(callsOf(procedure)).toBe(0);
    }
  });
});
