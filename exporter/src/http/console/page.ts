// SPDX-License-Identifier: Apache-2.0
// GET /console/: the page of consoles, and the two libraries it uses, as files. There is nothing secret in it: what it
// shows comes with a ticket, in the fragment of its URL, which no server ever sees.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Router, static as files } from 'express';
import type { RequestHandler } from 'express';

/** Scripts and styles of ours alone; pictures that noVNC decodes and draws; the WebSocket. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The router below /console. */
export function consolePageRoutes(): Router {
  const require = createRequire(import.meta.url);
  const novnc = dirname(dirname(require.resolve('@novnc/novnc')));
  const xterm = dirname(dirname(require.resolve('@xterm/xterm')));
  const page = fileURLToPath(new URL('../../../console-page/', import.meta.url));
  const router = Router({ caseSensitive: true, strict: true });
  router.use('/novnc/core', folder(join(novnc, 'core')));
  router.use('/novnc/vendor', folder(join(novnc, 'vendor')));
  router.use('/xterm/lib', folder(join(xterm, 'lib')));
  router.use('/xterm/css', folder(join(xterm, 'css')));
  router.use(folder(page));
  return router;
}

function folder(path: string): RequestHandler {
  return files(path, {
    redirect: false,
    cacheControl: false,
    setHeaders: (response) => {
      response.setHeader('Content-Security-Policy', POLICY);
      // Asked about every time, or an old script would meet a new page after an update.
      response.setHeader('Cache-Control', 'no-cache');
    },
  });
}
