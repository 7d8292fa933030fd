// SPDX-License-Identifier: Apache-2.0
// Runs npm scripts of this package, after installing what its own package-lock.json says, unless that is there. The root's
// build, check and test call it; who only runs Vireo never installs it.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, run, say } from '../exporter/prepare.mjs';

const root = dirname(fileURLToPath(import.meta.url));
try {
  install(root);
  process.argv.slice(2).forEach((script) => run(root, 'npm', ['run', '--silent', script]));
} catch (error) {
  say(`grafana-plugin: ${error.message}`);
  process.exitCode = 1;
}
