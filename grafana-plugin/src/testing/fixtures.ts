// SPDX-License-Identifier: Apache-2.0
// Things of the API as tests need them, each whole by the contract.

import type { DomainFull, HostFull, Task } from '@vireo/exporter/contract';

export const UUID = '5f8e4a52-9d7c-4c35-a7a5-0d3c3f9f6f01';

/** A running domain of kvm1; its actions are what the API says of a running one. */
export function aDomain(changes: Partial<DomainFull> = {}): DomainFull {
  return {
    host: 'kvm1',
    uuid: UUID,
    name: 'web-1',
    id: 7,
    state: 'running',
    reason: 'booted',
    persistent: true,
    autostart: false,
    allowedActions: ['shutdown', 'reboot', 'reset', 'suspend', 'destroy', 'managed-save', 'nmi', 'autostart'],
    refusedActions: {
      start: 'running: nothing to start',
      resume: 'running: not paused',
      'managed-save-remove': 'no saved state',
    },
    refusalCodes: {},
    consoleSessions: 0,
    vcpus: { current: 2, maximum: 2 },
    memory: { maximumBytes: 2 ** 31 },
    ...changes,
  };
}

/** A host that is up. */
export function aHost(changes: Partial<HostFull> = {}): HostFull {
  return {
    host: 'kvm1',
    uri: 'qemu:///system',
    simulated: false,
    state: 'up',
    since: '2026-11-24T10:00:00.000Z',
    driver: 'QEMU',
    hypervisorVersion: '9.0.0',
    domains: { total: 2, byState: { running: 1, shutoff: 1 } },
    pools: [],
    polls: {},
    ...changes,
  };
}

/** A shutdown that was accepted. */
export function aTask(changes: Partial<Task> = {}): Task {
  return {
    id: '0b0f9c3e-8a55-4b57-8f0a-3f1c5a0f0001',
    host: 'kvm1',
    uuid: UUID,
    domain: 'web-1',
    action: 'shutdown',
    options: {},
    state: 'accepted',
    acceptedAt: '2026-11-24T10:00:00.000Z',
    deadline: '2026-11-24T10:01:30.000Z',
    actor: { token: 'grafana-operate', user: 'ada', address: '127.0.0.1' },
    steps: [],
    ...changes,
  };
}

/** A page with all there is. */
export function aPage<T>(...items: T[]): { items: T[]; total: number } {
  return { items, total: items.length };
}
