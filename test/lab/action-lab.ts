// SPDX-License-Identifier: Apache-2.0
// A lab for actions: a libvirtd, the built exporter, domains in any state, and what a test holds the API's words
// against: the state as virsh tells it, the reboots as libvirt's events tell them, the audit lines on stdout.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@vireo/libvirt';
import { domainFull, task as taskSchema } from '../../exporter/src/contract/api.ts';
import type { Task } from '../../exporter/src/contract/tasks.ts';
import { apiClient, endOf, tokenLine } from './api.ts';
import type { ApiAnswer, ApiClient } from './api.ts';
import { defineDomains, startTransientDomain } from './domains.ts';
import { startExporter } from './exporter.ts';
import type { Exporter, LogLine } from './exporter.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { startLibvirtd } from './libvirtd.ts';
import type { Libvirtd } from './libvirtd.ts';
import { waitFor } from './wait-for.ts';

/** The states a test brings a domain into, and how virsh tells each; `saved` is off with a managed save image. */
export const STATES = {
  off: 'shut off (destroyed)',
  saved: 'shut off (saved), saved image',
  running: 'running (booted)',
  paused: 'paused (user)',
  transient: 'running (booted)',
  asleep: 'pmsuspended (unknown)',
  crashed: 'crashed (panicked)',
} as const;
/** One of {@link STATES}. */
export type StateName = keyof typeof STATES;

const SECRET = 'token-of-the-action-lab';
const PRIVILEGES = ['read', 'power', 'force', 'console.view'];

/** How {@link ActionLab.another} differs. */
export interface AnotherOptions {
  readonly readOnly?: boolean;
  /** One second unless told. */
  readonly pollSeconds?: number;
}

/** See the head of this file. */
export interface ActionLab {
  readonly lab: Lab;
  readonly libvirtd: Libvirtd;
  readonly exporter: Exporter;
  /** The exporter's API, as the token `ops` has it. */
  readonly api: ApiClient;
  /** Another exporter on the same daemon; resolves when it has reached it. */
  another(more?: AnotherOptions): Promise<{ readonly exporter: Exporter; readonly api: ApiClient }>;
  /** Brings a domain into a state with virsh, and waits until the API shows it. A transient domain must not be defined. */
  bring(name: string, state: StateName): Promise<void>;
  /** The domain as virsh tells it: state and reason, and the flags that are set; `gone` for none. */
  seen(name: string): Promise<string>;
  uuidOf(name: string): Promise<string>;
  /** How often libvirt has told that a domain rebooted. */
  reboots(name: string): number;
  /** Presses a key of the guest of boot-sector.ts, which must have booted. */
  press(name: string, key?: 'KEY_A' | 'KEY_S' | 'KEY_P'): Promise<void>;
  /** Waits until the guest of boot-sector.ts works. */
  booted(name: string): Promise<void>;
  ask(name: string, action: string, more?: object, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  /** Asks, and waits for the task's end; throws when the request is refused. */
  done(name: string, action: string, more?: object): Promise<Task>;
  /** The audit lines so far that have all of `fields`. */
  audit(fields: Readonly<Record<string, unknown>>, from?: Exporter): LogLine[];
}

/** The task of an answer; throws when it is none. */
export function taskOf({ status, json }: ApiAnswer): Task {
  if (status !== 200 && status !== 202) throw new Error(`${String(status)}: ${JSON.stringify(json)}`);
  return taskSchema.parse(json);
}

/** A task at its end. */
export async function ended(api: ApiClient, task: Task, deadlineMs = 60_000): Promise<Task> {
  await endOf(api, task.id, deadlineMs);
  return taskOf(await api.get(`/tasks/${task.id}`));
}

/** What is on record of a task that has ended, from its acceptance: `started`, `step`, and so on. */
export async function onRecord(lab: ActionLab, { id }: Task, from?: Exporter): Promise<string[]> {
  const lines = await waitFor(
    () => {
      const all = lab.audit({ task: id }, from);
      return all.some(({ event }) => /\.(?:succeeded|failed|timed_out|cancelled|unknown)$/.test(String(event))) && all;
    },
    { what: `the end of task ${id} is on record`, deadlineMs: 20_000 },
  );
  return lines.map(({ event }) => String(event).replace('action.', ''));
}

/** Opens it, with these domains defined and off. Closing `lab` closes everything. */
export async function openActionLab(names: readonly string[]): Promise<ActionLab> {
  const lab = await openLab();
  const libvirtd = await startLibvirtd(lab);
  await defineDomains(lab, libvirtd, names);
  const uuids = new Map<string, string>();
  const rebootsOf = new Map<string, number>();
  const witness = await connect(libvirtd.readOnlyUri);
  lab.onClose(() => witness.close());
  await witness.events.subscribe('reboot', ({ domain: { name } }) => {
    rebootsOf.set(name, (rebootsOf.get(name) ?? 0) + 1);
  });

  let exporters = 0;
  async function another(more: AnotherOptions = {}): Promise<{ exporter: Exporter; api: ApiClient }> {
    const { readOnly = false, pollSeconds = 1 } = more;
    exporters += 1;
    const file = join(lab.directory, `exporter-${String(exporters)}.yml`);
    const config = `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]
poll: { intervalSeconds: ${String(pollSeconds)} }
api:
  readOnly: ${String(readOnly)}
  rateLimit: { requestsPerMinutePerToken: 100000 }
  tokens: [${tokenLine('ops', SECRET, PRIVILEGES)}]
`;
    await writeFile(file, config);
    const exporter = await startExporter(lab, { flags: [`--config.file=${file}`] });
    const api = apiClient(exporter, SECRET);
    await waitFor(async () => (await api.get('/hosts/lab')).json?.['domains'] !== undefined, {
      what: 'the exporter has reached libvirtd and knows its domains',
      deadlineMs: 20_000,
    });
    return { exporter, api };
  }
  const { exporter, api } = await another();

  async function seen(name: string): Promise<string> {
    try {
      const state = (await libvirtd.virsh('domstate', '--reason', name)).trim();
      const facts = await libvirtd.virsh('dominfo', name);
      const saved = /^Managed save: +yes$/m.test(facts) ? ', saved image' : '';
      return state + saved + (/^Autostart: +enable$/m.test(facts) ? ', starts with its host' : '');
    } catch (error) {
      if (String(error).includes('failed to get domain')) return 'gone';
      throw error;
    }
  }

  async function uuidOf(name: string): Promise<string> {
    const uuid = (await libvirtd.virsh('domuuid', name).catch(() => '')).trim();
    // One that is gone is still asked for.
    if (uuid !== '') uuids.set(name, uuid);
    return uuids.get(name) ?? 'unknown';
  }

  async function booted(name: string): Promise<void> {
    await waitFor(async () => /wr_req [1-9]/.test(await libvirtd.virsh('domblkstat', name, 'vda')), {
      what: `the guest of ${name} works`,
      deadlineMs: 60_000,
      intervalMs: 100,
    });
  }

  async function press(name: string, key = 'KEY_A'): Promise<void> {
    await libvirtd.virsh('send-key', name, key);
  }

  async function bring(name: string, state: StateName): Promise<void> {
    if ((await seen(name)) !== STATES[state]) {
      const quietly = (...args: string[]): Promise<string> => libvirtd.virsh(...args).catch(() => '');
      await quietly('managedsave-remove', name);
      await quietly('autostart', name, '--disable');
      await quietly('destroy', name);
      if (state === 'transient') await startTransientDomain(lab, libvirtd, name);
      else await libvirtd.virsh('start', name);
      if (state === 'off') await libvirtd.virsh('destroy', name);
      if (state === 'paused') {
        // QEMU 10.0 on KVM: one that is suspended in its firmware and reset crashes when it goes on ("KVM internal error").
        await booted(name);
        await libvirtd.virsh('suspend', name);
      }
      if (state === 'saved') await libvirtd.virsh('managedsave', name);
      if (state === 'asleep' || state === 'crashed') {
        await booted(name);
        await press(name, state === 'asleep' ? 'KEY_S' : 'KEY_P');
      }
      await waitFor(async () => (await seen(name)) === STATES[state], {
        what: `${name} is ${state}`,
        deadlineMs: 30_000,
      });
    }
    const path = `/hosts/lab/domains/${await uuidOf(name)}`;
    const word = STATES[state].replace('shut off', 'shutoff').split(' ')[0];
    const id = Number(await libvirtd.virsh('domid', name)) || -1;
    await waitFor(
      async () => {
        const shown = domainFull.safeParse((await api.get(path)).json).data;
        return shown?.state === word && shown?.id === id && shown.persistent === (state !== 'transient');
      },
      { what: `the API shows that ${name} is ${state}`, deadlineMs: 30_000, intervalMs: 50 },
    );
  }

  async function ask(name: string, action: string, more = {}, headers = {}): Promise<ApiAnswer> {
    return api.post(`/hosts/lab/domains/${await uuidOf(name)}/actions`, { action, ...more }, headers);
  }

  return {
    lab,
    libvirtd,
    exporter,
    api,
    another,
    bring,
    seen,
    uuidOf,
    reboots: (name) => rebootsOf.get(name) ?? 0,
    press,
    booted,
    ask,
    done: async (name, action, more) => ended(api, taskOf(await ask(name, action, more))),
    audit: (fields, from = exporter) =>
      from.log().filter((line) => {
        const isAudit = String(line['event']).startsWith('action.');
        return isAudit && Object.entries(fields).every(([key, value]) => line[key] === value);
      }),
  };
}
