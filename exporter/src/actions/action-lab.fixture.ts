// SPDX-License-Identifier: Apache-2.0
// Actions on a simulated host behind a fake daemon, for the tests of this room: what a real one does is in
// test/integration/actions.test.ts.

import { connect } from '@vireo/libvirt';
import { FakeDaemon, simulatedFleet } from '@vireo/libvirt/testing';
import type { FleetOptions, SimulatedDomain, SimulatedHost } from '@vireo/libvirt/testing';
import { DEFAULT_GROUPS } from '../contract/groups.ts';
import { isFinal } from '../contract/tasks.ts';
import type { Task } from '../contract/tasks.ts';
import { Host } from '../hosts/host.ts';
import { until } from '../hosts/watch-host.fixture.ts';
import { ActionService } from './action-service.ts';
import type { ActionOrder } from './action-service.ts';
import type { AuditEvent } from './audit.ts';

/** Who asks. */
export const ACTOR = { token: 'ops', user: 'ada', address: '192.0.2.7' };

/** A host, its actions, and what they leave behind. */
export interface ActionLab {
  readonly daemon: FakeDaemon;
  readonly simulated: SimulatedHost;
  readonly host: Host;
  readonly service: ActionService;
  readonly audit: AuditEvent[];
  readonly changes: Task[];
  readonly running: SimulatedDomain;
  order(action: ActionOrder['action'], more?: Partial<ActionOrder>): ActionOrder;
  /** Waits for the end. */
  end(task: Task): Promise<Task>;
  /** Submits and waits for the end. */
  done(action: ActionOrder['action'], more?: Partial<ActionOrder>): Promise<Task>;
  /** How often the daemon was asked to do this. */
  callsOf(procedure: { readonly number: number }): number;
  /** The running domain, its guest deaf from now on. */
  domainThatIgnores(): SimulatedDomain;
  close(): Promise<void>;
}

/** What a test wants different. */
interface ActionLabOptions extends Pick<FleetOptions, 'guestMs' | 'driver'> {
  readonly readOnly?: boolean;
}

/** Starts one. Close it. */
export async function openActionLab({
  readOnly = false,
  guestMs = 30,
  driver = 'QEMU',
}: ActionLabOptions = {}): Promise<ActionLab> {
  const [invented] = simulatedFleet({ hosts: 1, domainsPerHost: 12, guestMs, jobWaitMs: 200, driver });
  if (invented === undefined) throw new Error('no simulated host');
  const daemon = await FakeDaemon.listen({ host: invented });
  const host = new Host({
    name: 'kvm1',
    uri: 'qemu:///system',
    simulated: true,
    poll: {
      intervalMs: 200,
      deadlineMs: 1000,
      chunkDomains: 4,
      staleAfterPolls: 3,
      slowIntervalMs: 60_000,
      groups: DEFAULT_GROUPS,
      maxInFlight: 4,
    },
    open: (signal) => connect(daemon.uri, { signal }),
    openControl: (signal) => connect(daemon.uri, { signal, readOnly: false }),
    onSnapshot: () => undefined,
    onChange: () => undefined,
  });
  const audit: AuditEvent[] = [];
  const changes: Task[] = [];
  const service = new ActionService({
    host: (name) => (name === 'kvm1' ? host : undefined),
    audit: (event) => audit.push(event),
    readOnly,
  });
  service.subscribe((task) => changes.push(task));
  host.start(0);
  await until(() => host.snapshot.domainsKnown, 'the first inventory');
  const running = invented.domains.find((domain) => domain.state === 1 && domain.spec.obedience !== 'ignores');
  if (running === undefined) throw new Error('no running domain');
  const lab: ActionLab = {
    daemon,
    simulated: invented,
    host,
    service,
    audit,
    changes,
    running,
    order: (action, more = {}) => ({
      host: 'kvm1',
      uuid: running.spec.uuid,
      action,
      options: {},
      actor: ACTOR,
      ...more,
    }),
    end: async (task) => {
      await until(() => isFinal(service.task(task.id)?.state ?? 'accepted'), `the end of ${task.action}`, 8000);
      return service.task(task.id) ?? task;
    },
    done: async (action, more) => await lab.end(await service.submit(lab.order(action, more))),
    callsOf: ({ number }) => daemon.calls.filter(({ procedure }) => procedure === number).length,
    domainThatIgnores: () => {
      Object.assign(running.spec, { obedience: 'ignores' });
      return running;
    },
    close: async () => {
      await service.stop();
      await host.stop();
      invented.close();
      await daemon.close();
    },
  };
  return lab;
}
