// SPDX-License-Identifier: Apache-2.0
// `npm run package`: what was built, as the archive that Grafana installs: one folder, named as the plugin. It is not
// signed; signing writes MANIFEST.txt into dist/ first, and whoever does it has a token of grafana.com.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const { id, info } = JSON.parse(readFileSync(join(dist, 'plugin.json'), 'utf8'));

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
// The same build gives the same bytes: times would differ, and tell nobody anything.
const entries = files.map((path) => [
  `${id}/${relative(dist, path).split(sep).join('/')}`,
  [readFileSync(path), { mtime: new Date(1980, 0, 1) }],
]);
const archive = join(root, 'release', `${id}-${info.version}.zip`);
mkdirSync(dirname(archive), { recursive: true });
writeFileSync(archive, zipSync(Object.fromEntries(entries), { level: 9 }));
process.stdout.write(`${archive}\n`);
