// SPDX-License-Identifier: Apache-2.0
// Refuses paths that some proxy before us might read differently than we do. Grafana's plugin proxy decodes `%2e%2e%2f`
// only after it has checked a path's prefix; such a path must find nothing here, however often it was encoded.

import type { RequestHandler } from 'express';
import { HttpProblem } from './problems.ts';

/** Everything in ASCII: an encoded digit can be a part of the next layer's code. */
const ENCODED = /%[0-7][0-9a-f]/gi;
/** Encodings within each other that are looked through. */
const LAYERS_MAX = 8;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why a path is refused; undefined when it is not. `path` as it came, without the query. */
export function pathFault(path: string): string | undefined {
  try {
    decodeURIComponent(path);
  } catch {
    return 'it is not valid percent-encoding of UTF-8';
  }
  let decoded = path;
  for (let layer = 0; ; layer++) {
    if (CONTROL.test(decoded)) return 'it holds a control character';
    if (decoded.includes('\\')) return 'it holds a backslash';
    if (decoded.includes('//')) return 'it holds an empty part ("//")';
    if (decoded.split('/').some((part) => part === '.' || part === '..')) return 'it holds a part "." or ".."';
    const next = decoded.replace(ENCODED, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
    if (next === decoded) return undefined;
    if (layer === LAYERS_MAX) return 'it is encoded over and over';
    decoded = next;
  }
}

/** Middleware; comes before all routes. */
export const pathHygiene: RequestHandler = (request, _response, next) => {
  const [path = ''] = request.url.split('?', 1);
  const fault = pathFault(path);
  if (fault !== undefined) throw new HttpProblem('VIREO_HTTP_PATH', `the path is refused: ${fault}`);
  next();
};
