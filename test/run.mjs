// SPDX-License-Identifier: Apache-2.0
// `npm test`: everything from a clone to the closing line "N passed, N failed". Each runner's own results are read, so
// that a runner that crashes counts as a failure and a run without tests is not green. All that they and the processes
// they start print is kept and, when they are over, searched for the secrets that tests plant: that is one test more.
//   --long   also test/long, and fuzzing with a million cases
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install, run, say } from '../exporter/prepare.mjs';
import { prepareMachine } from './debian-packages.mjs';
import { findLeaks } from './leaks.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** A package of its own: its dependencies, its build and its jest. */
const plugin = join(root, 'grafana-plugin');
const long = process.argv.includes('--long');
/** What this run prints, its processes and its daemons; see lab/planted.ts. */
const output = mkdtempSync(join(tmpdir(), 'vireo-output-'));
process.env['VIREO_TEST_OUTPUT'] = output;
/** Of test/integration, those that wait for a minute and more with nothing to do: they run beside the others. */
const IDLE_TESTS = 'integration/(console-proxy|half-open)';
/**
 * Of test/integration, for another libvirt than the machine's. Not the others: they need a driver, a polkitd, an sshd or
 * SASL of this machine (client-polkit, client-transports, api, console-ways, lxc, esx, xen, grafana-mixed), or libvirt
 * decides nothing in them that these have not.
 */
const VERSION_TESTS = `integration/(${[
  ...['client-domains', 'domain-rows', 'domain-faults', 'observations', 'inspection', 'virtual-network'],
  ...['exporter-host-metrics', 'exporter-watches', 'exporter-faults', 'console', 'console-ends'],
  ...['actions-matrix', 'actions-http', 'actions-lost'],
].join('|')})\\.test`;
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs jest over one project of jest.config.mjs. */
function jest(project, ...flags) {
  return runJest(project, root, ['--selectProjects', project, ...flags]);
}

/** Runs the jest of a package and adds its counts to the totals. */
async function runJest(name, cwd, flags) {
  const scratch = mkdtempSync(join(tmpdir(), 'vireo-test-'));
  const results = join(scratch, 'results.json');
  const bin = join(cwd, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [bin, '--json', `--outputFile=${results}`, ...flags];
  say(`jest: ${name}`);
  // With --json jest prints the results on stdout as well; people read its report on stderr.
  const runner = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  runner.stderr.pipe(process.stderr, { end: false });
  const kept = createWriteStream(join(output, `jest-${name}.log`), { flags: 'a' });
  runner.stderr.pipe(kept);
  const [[status, signal]] = await Promise.all([once(runner, 'close'), once(kept, 'finish')]);
  try {
    const r = JSON.parse(readFileSync(results, 'utf8'));
    const failed = r.numFailedTests + r.numRuntimeErrorTestSuites;
    totals.passed += r.numPassedTests;
    totals.failed += failed;
    totals.skipped += r.numPendingTests + r.numTodoTests;
    if (status !== 0 && failed === 0) {
      say(`jest ${name}: exit ${String(status ?? signal)} although no test failed`);
      totals.failed += 1;
    } else if (r.numTotalTests === 0) {
      say(`jest ${name}: ran no test`);
      totals.failed += 1;
    }
  } catch {
    say(`jest ${name}: ended without results, exit ${String(status ?? signal)}`);
    totals.failed += 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** One test: no planted secret in anything that was printed or answered. */
function searchForSecrets() {
  const { leaks, files, bytes } = findLeaks(output);
  say(`planted secrets: searched ${String(bytes)} bytes of output in ${String(files)} files`);
  for (const leak of leaks) say(`planted secret in ${join(output, leak)}`);
  // Too little output is a search that found nothing because nothing was kept.
  if (leaks.length > 0 || bytes < 100_000) totals.failed += 1;
  else totals.passed += 1;
  // Kept to look at when there is a leak.
  if (leaks.length === 0) rmSync(output, { recursive: true, force: true });
}

if (long) process.env['VIREO_FUZZ_CASES'] = '1000000';
let prepared = false;
try {
  install(root);
  prepared = prepareMachine(long);
  if (prepared) {
    build(root, [], join('exporter', 'dist', 'main.js'));
    run(root, process.execPath, [join(plugin, 'run.mjs'), 'build']);
  }
} catch (error) {
  say(error.message);
  prepared = false;
}
if (prepared) {
  await jest('unit');
  await runJest('grafana-plugin', plugin, []);
  await Promise.all([
    jest('integration', '--runInBand', '--testPathIgnorePatterns', '/node_modules/', IDLE_TESTS),
    jest('integration', '--runInBand', '--testPathPatterns', IDLE_TESTS),
  ]);
  if (long) {
    await jest('long', '--runInBand');
    // What libvirt's version decides, once more with the newer ones.
    for (const suite of ['trixie', 'sid']) {
      process.env['VIREO_TEST_LIBVIRT'] = suite;
      await jest('integration', '--runInBand', '--testPathPatterns', VERSION_TESTS);
    }
  }
  searchForSecrets();
} else {
  rmSync(output, { recursive: true, force: true });
  totals.failed += 1;
}

const skipped = totals.skipped > 0 ? `, ${String(totals.skipped)} skipped` : '';
process.stdout.write(`${String(totals.passed)} passed, ${String(totals.failed)} failed${skipped}\n`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
