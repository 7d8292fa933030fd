// SPDX-License-Identifier: Apache-2.0
// The filter of the table of domains, from its address and back (urls.ts, domainsUrl).

import { DOMAIN_STATES } from '@vireo/exporter/contract';
import type { DomainFilter } from '../../urls';

const SORTS = ['name', '-name', 'host', '-host', 'state', '-state'];

/** What an address asks for. What the API would refuse is left out: a link that was cut still shows something. */
export function filterOf(parameters: URLSearchParams): DomainFilter {
  const host = parameters.getAll('host').filter((name) => name !== '');
  const state = parameters.getAll('state').filter((name) => DOMAIN_STATES.some((known) => known === name));
  const q = parameters.get('q')?.slice(0, 200);
  const sort = parameters.get('sort');
  return {
    ...(host.length > 0 && { host }),
    ...(state.length > 0 && { state }),
    ...(q && { q }),
    ...(sort !== null && SORTS.includes(sort) && { sort }),
  };
}
