// SPDX-License-Identifier: Apache-2.0
// The name of a configured host in a query.

import type { Request } from 'express';
import { nearest } from '../config/nearest.ts';
import type { HttpDeps } from './deps.ts';
import { HttpProblem } from './problems.ts';

/** A parameter's value; undefined when it is not there. Throws when it stands more than once. */
export function singleParameter(query: Request['query'], name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new HttpProblem('VIREO_HTTP_BAD_REQUEST', `${name}= must stand once`);
}

/** Throws unless a host of this name is configured. */
export function requireHost(host: string, deps: HttpDeps): void {
  const names = deps.hosts().map((snapshot) => snapshot.host);
  if (names.includes(host)) return;
  const shown = host.slice(0, 253);
  const meant = nearest(host, names);
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  throw new HttpProblem('VIREO_HOST_UNKNOWN', `no host is called "${shown}"${hint}`);
}
