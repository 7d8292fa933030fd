// SPDX-License-Identifier: Apache-2.0
// `npm start -- FLAGS`: installs and builds what is stale, then is the exporter, in this very process, so that a
// signal reaches it. stdout stays for the exporter's JSON log. Told nothing, on a machine without a libvirt, it shows
// the simulated fleet, so that there is something to look at.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, install, say } from './prepare.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join('exporter', 'dist', 'main.js');
/** Whoever says one of these knows what they want to see, or wants something else. */
const CHOICES = ['--config.file', '--libvirt.uri', '--demo', '--help', '--version', 'token'];
const CHOICE_VARIABLES = ['VIREO_CONFIG_FILE', 'VIREO_LIBVIRT_URI'];

/** Whether flags or environment say what to watch. */
function hasChosen() {
  const flags = process.argv.slice(2).map((flag) => flag.split('=')[0]);
  return CHOICES.some((flag) => flags.includes(flag)) || CHOICE_VARIABLES.some((name) => process.env[name]);
}

let ready = false;
try {
  install(root);
  build(root, ['exporter'], main);
  ready = true;
} catch (error) {
  say(`cannot start: ${error.message}`);
  process.exitCode = 1;
}
if (ready) {
  // The program sees its own name, as when started through its `vireo` command.
  process.argv[1] = join(root, main);
  if (!hasChosen()) {
    const { localDaemonUri } = await import(pathToFileURL(join(root, 'exporter', 'dist', 'local-daemon.js')).href);
    if (localDaemonUri() === undefined) {
      say('no libvirt socket in /run/libvirt: showing a simulated fleet; watch your own with --libvirt.uri=URI');
      process.argv.push('--demo');
    }
  }
  await import(pathToFileURL(join(root, main)).href);
}
