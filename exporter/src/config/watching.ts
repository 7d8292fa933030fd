// SPDX-License-Identifier: Apache-2.0
// What of a host is watched: which groups are on, and which domains are left out.

import type { DomainRule, DomainRules, MetadataRule } from '../contract/domain-rules.ts';
import { DEFAULT_GROUPS, METRIC_GROUPS, metricGroup } from '../contract/groups.ts';
import type { MetricGroup } from '../contract/groups.ts';
import type { KeyPath } from './config-file.ts';
import { checkPath } from './metadata-config.ts';
import { nearest } from './nearest.ts';
import type { ConfigFile } from './schema.ts';

/** What of a host is watched. */
export interface Watching {
  /** The groups that are on. */
  readonly groups: ReadonlySet<MetricGroup>;
  readonly domains: DomainRules;
  /** Whether inactive domains have series of their own. */
  readonly inactiveSeries: boolean;
}

/** What a part of the file says of it: the file itself, or one host's entry. */
type Said = Pick<ConfigFile, 'groups' | 'domains'>;

/** Groups named by a flag or its variable. */
export interface GroupSwitch {
  /** The flag or variable, for messages. */
  readonly source: string;
  readonly names: readonly string[];
}

/** Decides what is watched, of hosts without anything of their own and of one host. */
export class WatchingRules {
  readonly #on: readonly MetricGroup[];
  readonly #off: readonly MetricGroup[];
  readonly #file: Said;

  constructor(
    file: Said,
    switches: { readonly on: GroupSwitch | undefined; readonly off: GroupSwitch | undefined },
    problem: (text: string) => void,
  ) {
    this.#file = file;
    this.#on = knownGroups(switches.on, problem);
    this.#off = knownGroups(switches.off, problem);
    const both = this.#on.find((name) => this.#off.includes(name));
    if (both !== undefined) {
      problem(`${switches.on?.source ?? ''}: ${both} is also named by ${switches.off?.source ?? ''}; keep one`);
    }
  }

  /** A flag beats the host's own entry, that the file's, that the default. A host's domain rules replace the file's. */
  of(host: Said = {}): Watching {
    const groups = new Set(DEFAULT_GROUPS);
    const say = (name: MetricGroup, on: boolean): unknown => (on ? groups.add(name) : groups.delete(name));
    for (const said of [this.#file.groups ?? {}, host.groups ?? {}]) {
      for (const name of METRIC_GROUPS) {
        const on = said[name];
        if (on !== undefined) say(name, on);
      }
    }
    for (const name of this.#on) say(name, true);
    for (const name of this.#off) say(name, false);
    const { include = [], exclude = [], inactiveSeries = true } = host.domains ?? this.#file.domains ?? {};
    return { groups, domains: { include: include.map(ruleOf), exclude: exclude.map(ruleOf) }, inactiveSeries };
  }
}

/** Reads the paths of one `domains`; each that is none is a problem. */
export function checkDomainRules(
  domains: Said['domains'],
  at: KeyPath,
  report: (at: KeyPath, text: string) => unknown,
): void {
  for (const list of ['include', 'exclude'] as const) {
    for (const [index, { metadata }] of (domains?.[list] ?? []).entries()) {
      if (metadata === undefined) continue;
      checkPath(metadata, [...at, list, index, 'metadata', 'xpath'], report);
    }
  }
}

type RuleSaid = NonNullable<NonNullable<Said['domains']>['include']>[number];

function ruleOf({ name, uuid, metadata }: RuleSaid): DomainRule {
  return {
    ...(name === undefined ? {} : { name }),
    ...(uuid === undefined ? {} : { uuid: uuid.toLowerCase() }),
    ...(metadata === undefined ? {} : { metadata: metadataRuleOf(metadata) }),
  };
}

function metadataRuleOf({ xpath, namespaces, value }: NonNullable<RuleSaid['metadata']>): MetadataRule {
  return {
    xpath,
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(value === undefined ? {} : { value }),
  };
}

function knownGroups(given: GroupSwitch | undefined, problem: (text: string) => void): MetricGroup[] {
  if (given === undefined) return [];
  return given.names.flatMap((name) => {
    const group = metricGroup(name);
    if (group !== undefined) return [group];
    const meant = nearest(name, METRIC_GROUPS);
    const hint = meant === undefined ? '' : `did you mean ${meant}? `;
    const shown = JSON.stringify(name.slice(0, 60));
    problem(`${given.source}: ${shown} is no group; ${hint}the groups are ${METRIC_GROUPS.join(', ')}`);
    return [];
  });
}
