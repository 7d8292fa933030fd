// SPDX-License-Identifier: Apache-2.0
// Debian's nginx before an exporter, with the location block of docs/consoles.md as it stands there.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { start } from './process.ts';
import { waitFor } from './wait-for.ts';

/** A running nginx. */
export interface Nginx {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** What its access log says. */
  accessLog(): Promise<string>;
}

/**
 * Starts it on a port of the caller's, below /vireo/.
 *
 * @param readTimeoutSeconds nginx's own default is 60
 */
export async function startNginx(lab: Lab, port: number, backend: string, readTimeoutSeconds: number): Promise<Nginx> {
  const docs = await readFile(join(repositoryRoot(), 'docs', 'consoles.md'), 'utf8');
  const block = /```nginx\n([^]*?)```/.exec(docs)?.[1];
  if (block === undefined) throw new Error('docs/consoles.md has no block of nginx');
  const directory = join(lab.directory, 'nginx');
  await mkdir(directory, { recursive: true });
  const log = join(directory, 'access.log');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(directory, kind)};`)
    .join(' ');
  const config = join(directory, 'nginx.conf');
  await writeFile(
    config,
    `daemon off;
pid ${join(directory, 'pid')};
error_log stderr;
events { worker_connections 64; }
http {
  ${temporary}
  access_log ${log};
  proxy_read_timeout ${String(readTimeoutSeconds)}s;
  server {
    listen 127.0.0.1:${String(port)};
    ${block.replace('http://127.0.0.1:9177/', `${backend}/`)}
  }
}
`,
  );
  const nginx = start(lab, 'nginx', ['-c', config]);
  const origin = `http://127.0.0.1:${String(port)}`;
  await waitFor(async () => nginx.hasExited || (await fetch(`${origin}/vireo/-/healthy`)).ok, {
    what: 'nginx answers',
    deadlineMs: 30_000,
  });
  if (nginx.hasExited) throw new Error(`nginx ended at once:\n${nginx.output()}`);
  return { origin, accessLog: () => readFile(log, 'utf8') };
}
