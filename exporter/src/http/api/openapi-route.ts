// SPDX-License-Identifier: Apache-2.0
// GET /openapi.json.

import type { RequestHandler } from 'express';
import { buildOpenApi } from '../../contract/openapi.ts';

/** The contract, for any token. */
export function openapiRoute(version: string): RequestHandler {
  const document = JSON.stringify(buildOpenApi(version));
  return (_request, response) => {
    response.type('application/json').send(document);
  };
}
