// SPDX-License-Identifier: Apache-2.0
// The archive that Grafana installs, made from what was built.

import { execFileSync } from 'child_process';
import { readFileSync, statSync } from 'fs';
import { join } from 'path';
import { strFromU8, unzipSync } from 'fflate';

test('the archive is one folder named as the plugin, with what the catalog asks for', () => {
  const script = join(__dirname, '..', 'package.mjs');
  const path = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
  const files = unzipSync(readFileSync(path));
  const names = Object.keys(files);
  expect(names.filter((name) => !name.startsWith('vireo-libvirt-app/'))).toEqual([]);
  const wanted = ['plugin.json', 'module.js', 'module.js.map', 'README.md', 'CHANGELOG.md', 'LICENSE', 'img/logo.svg'];
  expect(names).toEqual(expect.arrayContaining(wanted.map((name) => `vireo-libvirt-app/${name}`)));

  const json = strFromU8(files['vireo-libvirt-app/plugin.json'] ?? new Uint8Array());
  expect(json).not.toMatch(/%[A-Z_]+%/);
  const { info } = JSON.parse(json) as {
    info: { version: string; logos: object; screenshots: Array<{ path: string }> };
  };
  expect(path).toBe(join(__dirname, '..', 'release', `vireo-libvirt-app-${info.version}.zip`));
  for (const file of [...Object.values(info.logos), ...info.screenshots.map((shot) => shot.path)] as string[]) {
    expect(names).toContain(`vireo-libvirt-app/${file}`);
  }
  // The catalog refuses what takes its visitors minutes.
  expect(statSync(path).size).toBeLessThan(10_000_000);
});
