// SPDX-License-Identifier: Apache-2.0
// Brings a clone to where its code can run: dependencies as package-lock.json says, then the build. Plain JavaScript,
// because it runs before there is a compiler. Writes to stderr only: stdout belongs to whoever calls.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Says what is being done, on stderr. */
export function say(text) {
  process.stderr.write(`vireo: ${text}\n`);
}

/** Runs a command in `root` with its output on stderr; throws with its exit code when it fails. */
export function run(root, command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`${command} ${args.join(' ')}: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${String(status ?? signal)}`);
}

/**
 * Whether node_modules holds what package-lock.json names. Compares versions, not times: a checkout touches times.
 * Optional packages (other platforms' binaries) may be missing.
 */
export function isInstalled(root) {
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

/** Installs the dependencies unless they are there. */
export function install(root) {
  if (isInstalled(root)) return;
  // The compiler is a development dependency, which NODE_ENV=production would leave out.
  say('installing dependencies (npm ci)');
  run(root, 'npm', ['ci', '--include=dev']);
}

/** Builds `projects` (all without); tsc itself knows what is stale, except that it trusts its notes about deleted output. */
export function build(root, projects, output) {
  const force = existsSync(join(root, output)) ? [] : ['--force'];
  if (force.length > 0) say('building (tsc -b)');
  run(root, process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', ...projects, ...force]);
}
