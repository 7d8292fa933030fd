// SPDX-License-Identifier: Apache-2.0
// docs/hypervisors.md shows what libvirt's source says of its drivers and what the tests have seen of them, and what is
// called seen is tested. `npm run docs` (VIREO_UPDATE_DOCS=1) writes the tables anew.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTION_IDS, ACTIONS } from '../../exporter/src/contract/actions.ts';
import type { ActionId } from '../../exporter/src/contract/actions.ts';
import { DRIVER_CALLS, DRIVER_NAMES, callSince } from '../../exporter/src/contract/driver-calls.ts';
import type { DriverCall, DriverName } from '../../exporter/src/contract/driver-calls.ts';
import { ACTION_CALLS, DRIVERS } from '../../exporter/src/contract/drivers.ts';
import { CONSOLE_REFUSALS } from '../../exporter/src/contract/refusals.ts';
import { wordsOfStep } from '../../exporter/src/contract/task-steps.ts';
import { blockOf, table } from './generated-blocks.ts';
import { SEEN } from './hypervisors-seen.ts';

const ROOT = join(__dirname, '../..');
const PAGE = join(ROOT, 'docs/hypervisors.md');

/** What a call gives, for whoever reads the page. */
const GIVES: Readonly<Partial<Record<DriverCall, string>>> = {
  CONNECT_GET_ALL_DOMAIN_STATS: 'all statistics in one call',
  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: 'events: changes are seen at once, not at the next poll',
  CONNECT_GET_HOSTNAME: 'name of the host',
  CONNECT_GET_CAPABILITIES: 'capabilities of the host, NUMA cells',
  NODE_GET_INFO: 'CPUs and memory of the host',
  NODE_GET_CPU_STATS: 'CPU seconds of the host',
  NODE_GET_MEMORY_STATS: 'memory statistics of the host',
  NODE_GET_FREE_MEMORY: 'free memory of the host',
  NODE_GET_CELLS_FREE_MEMORY: 'free memory of NUMA cells',
  NODE_GET_FREE_PAGES: 'free huge pages of NUMA cells',
  DOMAIN_GET_INFO: 'vCPUs, memory; CPU seconds but for the four of VMware, Hyper-V and VirtualBox',
  DOMAIN_GET_XML_DESC: 'XML: disks, interfaces, limits',
  DOMAIN_MEMORY_STATS: 'memory statistics',
  DOMAIN_BLOCK_STATS: 'disk statistics',
  DOMAIN_INTERFACE_STATS: 'network statistics',
  DOMAIN_GET_VCPUS: 'host CPU of each vCPU',
  DOMAIN_GET_JOB_STATS: 'migrations and other jobs',
  DOMAIN_GET_BLOCK_JOB_INFO: 'block jobs',
  DOMAIN_GET_DISK_ERRORS: 'disk errors',
  DOMAIN_INTERFACE_ADDRESSES: 'addresses, from leases and the ARP table',
  DOMAIN_GET_GUEST_INFO: 'what the guest agent says',
  DOMAIN_LIST_ALL_SNAPSHOTS: 'snapshots',
  DOMAIN_LIST_ALL_CHECKPOINTS: 'checkpoints',
  DOMAIN_SCREENSHOT: 'screenshots',
  DOMAIN_OPEN_CONSOLE: 'text console',
  DOMAIN_SEND_KEY: 'typing by the API',
};

const NAMES = DRIVER_NAMES.filter((name) => name !== 'test' && name !== 'openvz');

/** `**1.2.8**` where the tests saw it, else what the source says. */
function cell(driver: DriverName, call: DriverCall): string {
  const since = callSince(driver, call) ?? '–';
  return SEEN[driver]?.[call] === undefined ? since : `**${since}**`;
}

const heads = (first: string): string[] => [first, ...NAMES.map((name) => DRIVERS[name].title.split(',')[0] ?? '')];

describe('docs/hypervisors.md', () => {
  it('has a row for every driver: how it is reached, and what is particular about it', () => {
    const rows = DRIVER_NAMES.map((name) => {
      const { title, uri, livesIn, notes, consoleInstead } = DRIVERS[name];
      const particular = Object.entries(notes).map(([action, note]) => `${action}: ${wordsOfStep(note).detail ?? ''}`);
      return [
        title,
        uri.replaceAll(/[^ ,]+:\/\/[^ ,]*/g, '`$&`'),
        livesIn === 'library' ? 'yes' : '',
        particular.join('; '),
        consoleInstead === undefined ? '' : CONSOLE_REFUSALS[consoleInstead].replace('use ', ''),
      ];
    });
    const head = ['Hypervisor', '`uri`', 'Needs `via`', 'Actions that differ', 'Instead of a console in the browser'];
    const expected = table(head, rows);
    expect(blockOf(PAGE, 'drivers', expected)).toBe(expected);
  });

  it('has a row for every action', () => {
    const rows = ACTION_IDS.map((action: ActionId) => [
      `\`${action}\``,
      ...NAMES.map((name) => cell(name, ACTION_CALLS[action])),
    ]);
    const expected = table(heads('Action'), rows);
    expect(Object.keys(ACTIONS)).toHaveLength(rows.length);
    expect(blockOf(PAGE, 'actions', expected)).toBe(expected);
  });

  it('has a row for every call that shows something', () => {
    const actionCalls = new Set<DriverCall>(Object.values(ACTION_CALLS));
    const rows = DRIVER_CALLS.filter((call) => !actionCalls.has(call)).map((call) => [
      GIVES[call] ?? '',
      ...NAMES.map((name) => cell(name, call)),
    ]);
    expect(rows.filter(([gives]) => gives === '')).toEqual([]);
    const expected = table(heads('What'), rows);
    expect(blockOf(PAGE, 'calls', expected)).toBe(expected);
  });

  it('calls nothing seen that no test sees, or that the driver lacks', () => {
    for (const driver of DRIVER_NAMES) {
      for (const call of DRIVER_CALLS) {
        const evidence = SEEN[driver]?.[call];
        if (evidence === undefined) continue;
        const file = join(ROOT, 'test/integration', evidence.file);
        const found = existsSync(file) && readFileSync(file, 'utf8').includes(evidence.words);
        expect([driver, call, evidence, found]).toEqual([driver, call, evidence, true]);
        expect([driver, call, callSince(driver, call)]).toEqual([driver, call, expect.any(String)]);
      }
    }
  });

  it('names files that are there', () => {
    for (const [, path = ''] of readFileSync(PAGE, 'utf8').matchAll(/\]\(([^)#:]+)\)/g)) {
      expect([path, existsSync(join(ROOT, 'docs', path))]).toEqual([path, true]);
    }
  });
});
