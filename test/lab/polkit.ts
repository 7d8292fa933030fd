// SPDX-License-Identifier: Apache-2.0
// A real system bus and a real polkitd in a lab, and programs run as another user, for polkit never refuses root.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { runInside, start } from './process.ts';
import type { RunningProcess } from './process.ts';
import { waitFor } from './wait-for.ts';

/** Where polkitd looks for the administrator's rules. */
const RULES_DIRECTORY = '/etc/polkit-1/rules.d';

/** What polkit says of a user and an action; `challenge` asks a person, and a lab has none. */
export interface PolkitRule {
  readonly user: string;
  readonly actionId: string;
  readonly result: 'yes' | 'no' | 'challenge';
}

const RESULTS = { yes: 'YES', no: 'NO', challenge: 'AUTH_ADMIN' } as const;

function buildRule({ user, actionId, result }: PolkitRule): string {
  const applies = `action.id == ${JSON.stringify(actionId)} && subject.user == ${JSON.stringify(user)}`;
  return `polkit.addRule(function (action, subject) { if (${applies}) return polkit.Result.${RESULTS[result]}; });\n`;
}

/** Starts bus and polkitd, the machine's rules after these (or a file's text); resolves when polkitd is on the bus. */
export async function startPolkit(lab: Lab, rules: readonly PolkitRule[] | string): Promise<void> {
  const directory = join(lab.directory, 'polkit');
  await mkdir(directory);
  await mkdir(join(lab.directory, 'run', 'dbus'));
  await writeFile(join(directory, '10-lab.rules'), typeof rules === 'string' ? rules : rules.map(buildRule).join(''));
  await runInside(lab, 'mount', ['--bind', directory, RULES_DIRECTORY]);

  const bus = start(lab, 'dbus-daemon', ['--system', '--nofork', '--nopidfile', '--nosyslog']);
  await waitUntilOwned(lab, bus, 'org.freedesktop.DBus');
  const polkitd = start(lab, '/usr/lib/polkit-1/polkitd', ['--no-debug']);
  await waitUntilOwned(lab, polkitd, 'org.freedesktop.PolicyKit1');
}

/** Waits until somebody on the bus has the name `name`; throws when `owner`, who should, has ended. */
async function waitUntilOwned(lab: Lab, owner: RunningProcess, name: string): Promise<void> {
  const bus = ['--dest=org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.NameHasOwner'];
  await waitFor(
    async () => {
      if (owner.hasExited) return 'exited';
      const answer = await runInside(lab, 'dbus-send', ['--system', '--print-reply', ...bus, `string:${name}`]);
      return answer.includes('boolean true');
    },
    { what: `${name} is on the bus`, deadlineMs: 20_000, intervalMs: 50 },
  );
  if (owner.hasExited) throw new Error(`the process for ${name} ended at once:\n${owner.output()}`);
}

/**
 * A command and its arguments as they must be run to run as `user`, without groups. It may read every file all the
 * same: the repository may lie where only root looks.
 */
export function asUser(user: string, command: string, args: readonly string[]): [string, string[]] {
  const readAll = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return ['setpriv', [`--reuid=${user}`, '--regid=nogroup', '--clear-groups', ...readAll, '--', command, ...args]];
}
