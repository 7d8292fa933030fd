// SPDX-License-Identifier: Apache-2.0
// Which domains of a host are watched. One that is not is nowhere: no statistics, no series, not in the API, no action.

import type { DomainRule, DomainRules } from '../contract/domain-rules.ts';
import { compileGlob } from '../contract/glob.ts';
import { parseXPath } from '../xml/xpath.ts';
import type { XPath } from '../xml/xpath.ts';

/** What of a domain every list tells. */
interface Identity {
  readonly name: string;
  readonly uuid: string;
}

/** What the XML of a domain says at {@link DomainFilter.paths}. */
type RuleValues = ReadonlyMap<XPath, string>;

/** Decides which domains are watched. */
export interface DomainFilter {
  /** What of the XML decides. */
  readonly paths: readonly XPath[];
  /**
   * Whether the domain is watched; undefined when only its XML can tell.
   * @param values absent while its XML is not known
   */
  watches(domain: Identity, values?: RuleValues): boolean | undefined;
}

/** Watches every domain. */
export const EVERY_DOMAIN: DomainFilter = { paths: [], watches: () => true };

/**
 * Makes a filter of rules.
 *
 * @throws XPathError for a path that is none
 */
export function domainFilter({ include, exclude }: DomainRules): DomainFilter {
  const included = include.map(matcher);
  const excluded = exclude.map(matcher);
  return {
    paths: [...included, ...excluded].flatMap(({ path }) => path ?? []),
    watches: (domain, values) => {
      const isIncluded = included.length === 0 ? true : any(included, domain, values);
      const isExcluded = any(excluded, domain, values);
      if (isIncluded === false || isExcluded === true) return false;
      return isIncluded === undefined || isExcluded === undefined ? undefined : true;
    },
  };
}

interface Matcher {
  readonly path: XPath | undefined;
  readonly means: (domain: Identity, values: RuleValues | undefined) => boolean | undefined;
}

function matcher({ name, uuid, metadata }: DomainRule): Matcher {
  const isNamed = name === undefined ? () => true : compileGlob(name);
  const isIt = (domain: Identity): boolean => isNamed(domain.name) && (uuid === undefined || uuid === domain.uuid);
  if (metadata === undefined) return { path: undefined, means: isIt };
  const path = parseXPath(metadata.xpath, metadata.namespaces);
  const fits = metadata.value === undefined ? () => true : compileGlob(metadata.value);
  const says = (values: RuleValues): boolean => {
    const value = values.get(path);
    return value !== undefined && fits(value);
  };
  return { path, means: (domain, values) => isIt(domain) && (values === undefined ? undefined : says(values)) };
}

/** True when one of them means it, undefined when one may. */
function any(matchers: readonly Matcher[], domain: Identity, values: RuleValues | undefined): boolean | undefined {
  let found: boolean | undefined = false;
  for (const { means } of matchers) {
    const meant = means(domain, values);
    if (meant === true) return true;
    if (meant === undefined) found = undefined;
  }
  return found;
}
