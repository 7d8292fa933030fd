// SPDX-License-Identifier: Apache-2.0
// A libvirtd that asks a real polkitd about whoever comes, and clients that are not root.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import { openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { asUser, startPolkit } from '../lab/polkit.ts';
import { runInside } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const MANAGE = 'org.libvirt.unix.manage';
const MONITOR = 'org.libvirt.unix.monitor';

/** Users every Debian has. `games` is in no rule: it gets what libvirt's own policy gives. */
const ALLOWED = 'nobody';
const DENIED = 'daemon';
const UNNAMED = 'games';

/** What a client process did. */
interface Outcome {
  readonly domains?: readonly string[];
  /** The name of libvirt's error for an attempt to change the domain, null when it went through. */
  readonly changing?: string | null;
  readonly code?: string;
  readonly message?: string;
}

/** The client as the build has it; the namespace's working directory is /, so no name leads there. */
const LIBRARY = pathToFileURL(join(repositoryRoot(), 'libvirt', 'dist', 'index.js')).href;

/** Connects, lists the domains and tries to change one, in a process of its own: polkit looks at the process. */
const CLIENT = `
const { connect } = await import(process.argv[1]);
const outcome = await (async () => {
  try {
    const connection = await connect('qemu:///system', { readOnly: process.argv[2] === 'ro' });
    const domains = await connection.domains.list();
    const changing = await connection.domains.setAutostart(domains[0], true).then(() => null, (error) => error.name);
    await connection.close();
    return { domains: domains.map((domain) => domain.name), changing };
  } catch ({ code, message }) {
    return { code, message };
  }
})();
process.stdout.write(JSON.stringify(outcome));
`;

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  await startPolkit(lab, [
    { user: ALLOWED, actionId: MANAGE, result: 'yes' },
    { user: DENIED, actionId: MANAGE, result: 'no' },
    { user: DENIED, actionId: MONITOR, result: 'no' },
  ]);
  const libvirtd = await startLibvirtd(lab, { polkit: true });
  await defineDomains(lab, libvirtd, ['asked']);
}, 120_000);

afterAll(() => lab.close());

async function runClient(user: string, access: 'rw' | 'ro', where = lab): Promise<Outcome> {
  const node = asUser(user, process.execPath, ['--input-type=module', '-e', CLIENT, LIBRARY, access]);
  return JSON.parse(await runInside(where, ...node)) as Outcome;
}

test('a user whom a rule allows comes in and may change things', async () => {
  expect(await runClient(ALLOWED, 'rw')).toEqual({ domains: ['asked'], changing: null });
});

test('a user whom a rule denies is told that polkit did it, over which action, and what to do', async () => {
  expect(await runClient(DENIED, 'rw')).toEqual({
    code: 'LV_CONN_AUTH',
    message:
      `connect failed: qemu:///system: polkit denies this user ${MANAGE}; ` +
      'allow it by a polkit rule, add the user to the group libvirt, or connect read-only',
  });
});

test('where polkit wants to ask a person, the connection fails at once and says so', async () => {
  const { code, message } = await runClient(UNNAMED, 'rw');
  expect(code).toBe('LV_CONN_AUTH');
  expect(message).toContain(`polkit wants to ask a person about ${MANAGE} and has no agent to ask through`);
});

test('read-only needs no rule: everybody may look, and change nothing', async () => {
  expect(await runClient(UNNAMED, 'ro')).toEqual({ domains: ['asked'], changing: 'VIR_ERR_OPERATION_DENIED' });
});

test('who is denied looking is told that action, and nothing that would not help', async () => {
  expect(await runClient(DENIED, 'ro')).toEqual({
    code: 'LV_CONN_AUTH',
    message: `connect failed: qemu:///system: polkit denies this user ${MONITOR}; allow it by a polkit rule`,
  });
});

test('root passes without polkit', async () => {
  expect(await runClient('root', 'rw')).toEqual({ domains: ['asked'], changing: null });
});

test('an exporter whom polkit denies shows why on its page, and what to do', async () => {
  const exporter = await startExporter(lab, {
    config: "hosts: [{ name: lab, uri: 'qemu:///system' }]\n",
    user: DENIED,
  });
  const page = await waitFor(
    async () => {
      const text = await (await fetch(`${exporter.url}/`)).text();
      return text.includes('LV_CONN_AUTH') && text;
    },
    { what: 'the page shows the refusal', deadlineMs: 30_000 },
  );
  expect(page).toContain(`polkit denies this user ${MONITOR}`);
  expect(page).toContain('the polkit rule there');
  expect((await exporter.scrape()).value('libvirt_up', { host: 'lab' })).toBe(0);
});

test('an exporter whom nothing denies watches without being root', async () => {
  const exporter = await startExporter(lab, {
    config: "hosts: [{ name: lab, uri: 'qemu:///system' }]\n",
    user: UNNAMED,
  });
  await waitFor(async () => (await exporter.scrape()).all('libvirt_domain_state', { domain: 'asked' }).length > 0, {
    what: 'the exporter knows the domain',
    deadlineMs: 30_000,
  });
});

test('a daemon that finds no polkit to ask is told apart from a refusal', async () => {
  const bare = await openLab();
  try {
    await startLibvirtd(bare, { polkit: true });
    const { code, message } = await runClient(ALLOWED, 'rw', bare);
    expect(code).toBe('LV_CONN_AUTH');
    expect(message).toContain(`the daemon could not ask polkit about ${MANAGE}`);
  } finally {
    await bare.close();
  }
});
