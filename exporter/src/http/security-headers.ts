// SPDX-License-Identifier: Apache-2.0
// Headers of every answer. Nothing here may be framed, scripted, sniffed or kept.

import type { RequestHandler } from 'express';

const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The policy of a page whose only extra is one inline style sheet, by its hash: `sha256-...`. */
export function policyWithStyle(hash: string): string {
  return `${NOTHING}; style-src '${hash}'`;
}

/** Middleware: the strictest set; a route that needs more replaces its header. */
export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': NOTHING,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  next();
};
