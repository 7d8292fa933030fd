// SPDX-License-Identifier: Apache-2.0
// `npm start -- FLAGS`: installs and builds what is stale, then is the exporter, in this very process, so that a
// signal reaches it. stdout stays for the exporter's JSON log.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, install, say } from './prepare.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join('exporter', 'dist', 'main.js');

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
  await import(pathToFileURL(join(root, main)).href);
}
