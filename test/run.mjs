// SPDX-License-Identifier: Apache-2.0
// `npm test`: everything from a clone to the closing line "N passed, N failed". Each runner's own results are read, so
// that a runner that crashes counts as a failure and a run without tests is not green.
//   --long   also test/long, and fuzzing with a million cases
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install, say } from '../exporter/prepare.mjs';
import { prepareMachine } from './debian-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const long = process.argv.includes('--long');
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs jest over one project of jest.config.mjs and adds its counts to the totals. */
function jest(project, ...flags) {
  const scratch = mkdtempSync(join(tmpdir(), 'vireo-test-'));
  const results = join(scratch, 'results.json');
  const bin = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [bin, '--selectProjects', project, '--json', `--outputFile=${results}`, ...flags];
  say(`jest: ${project}`);
  // With --json jest prints the results on stdout as well; people read its report on stderr.
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const r = JSON.parse(readFileSync(results, 'utf8'));
    const failed = r.numFailedTests + r.numRuntimeErrorTestSuites;
    totals.passed += r.numPassedTests;
    totals.failed += failed;
    totals.skipped += r.numPendingTests + r.numTodoTests;
    if (status !== 0 && failed === 0) {
      say(`jest ${project}: exit ${String(status ?? signal)} although no test failed`);
      totals.failed += 1;
    } else if (r.numTotalTests === 0) {
      say(`jest ${project}: ran no test`);
      totals.failed += 1;
    }
  } catch {
    say(`jest ${project}: ended without results, exit ${String(status ?? signal)}`);
    totals.failed += 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (long) process.env['VIREO_FUZZ_CASES'] = '1000000';
let prepared = false;
try {
  install(root);
  prepared = prepareMachine();
  if (prepared) build(root, [], join('exporter', 'dist', 'main.js'));
} catch (error) {
  say(error.message);
  prepared = false;
}
if (prepared) {
  jest('unit');
  jest('integration', '--runInBand');
  if (long) jest('long', '--runInBand');
} else {
  totals.failed += 1;
}

const skipped = totals.skipped > 0 ? `, ${String(totals.skipped)} skipped` : '';
process.stdout.write(`${String(totals.passed)} passed, ${String(totals.failed)} failed${skipped}\n`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
