// SPDX-License-Identifier: Apache-2.0
// Which domains of a host are watched. One that is not is nowhere: no statistics, no series, not in the API, no action.

import type { DomainRule, DomainRules } from '../contract/domain-rules.ts';
import { compileGlob } from '../contract/glob.ts';

/** Whether a domain is watched. */
export type DomainFilter = (domain: { readonly name: string; readonly uuid: string }) => boolean;

/** Makes a filter of rules. */
export function domainFilter({ include, exclude }: DomainRules): DomainFilter {
  const included = include.map(matcher);
  const excluded = exclude.map(matcher);
  return (domain) =>
    (included.length === 0 || included.some((means) => means(domain))) && !excluded.some((means) => means(domain));
}

function matcher({ name, uuid }: DomainRule): DomainFilter {
  const named = name === undefined ? () => true : compileGlob(name);
  return (domain) => named(domain.name) && (uuid === undefined || uuid === domain.uuid);
}
