// SPDX-License-Identifier: Apache-2.0
// GET /runbooks/NAME: the page of an alert, where its notification links to. Vireo serves them so that the links lead
// somewhere before anybody has set up anything else.

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from 'express';
import { HttpProblem } from './problems.ts';

/** In a clone and in the image; a package without it serves none. */
const FOLDER = fileURLToPath(new URL('../../../docs/runbooks/', import.meta.url));

/** The route's handler; its parameter is `name`. */
export function runbookRoute(folder = FOLDER): RequestHandler<{ name: string }> {
  const names = new Set(pages(folder));
  return async (request, response) => {
    const { name } = request.params;
    if (!names.has(`${name}.md`)) throw new HttpProblem('VIREO_HTTP_NOT_FOUND', 'no alert of ours has this name');
    response.type('text/plain').send(await readFile(`${folder}${name}.md`, 'utf8'));
  };
}

function pages(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
