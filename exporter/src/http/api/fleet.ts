// SPDX-License-Identifier: Apache-2.0
// Finds hosts and domains for a caller, in one order for all routes: scope, existence, privilege. What lies outside the
// caller's scope is not found, and not suggested either; docs/api.md has the table of what is answered when.

import { nearest } from '../../config/nearest.ts';
import type { Privilege } from '../../contract/privileges.ts';
import type { DomainSnapshot, HostSnapshot } from '../../hosts/snapshot.ts';
import { HttpProblem } from '../problems.ts';
import type { Access, Caller } from './authentication.ts';
import { DomainIndex } from './domain-index.ts';
import type { DomainEntry } from './domain-index.ts';

/** A domain and its host. */
export interface FoundDomain {
  readonly host: HostSnapshot;
  readonly domain: DomainSnapshot;
}

/** All configured hosts, seen by callers. */
export class Fleet {
  readonly access: Access;
  readonly #hosts: () => readonly HostSnapshot[];
  readonly #index = new DomainIndex();

  constructor(hosts: () => readonly HostSnapshot[], access: Access) {
    this.#hosts = hosts;
    this.access = access;
  }

  /** Every domain, by name; not filtered by anybody's scope. */
  domains(): readonly DomainEntry[] {
    return this.#index.entries(this.#hosts());
  }

  /** The hosts a caller may see, by name. */
  hostsFor(caller: Caller, privilege: Privilege): HostSnapshot[] {
    return this.#hosts()
      .filter((host) => this.access.seesHost(caller, privilege, host))
      .sort((a, b) => (a.host < b.host ? -1 : 1));
  }

  /**
   * One host by name.
   *
   * @throws HttpProblem VIREO_HOST_UNKNOWN, VIREO_AUTH_PRIVILEGE
   */
  host(caller: Caller, privilege: Privilege, name: string): HostSnapshot {
    const host = this.#knownHost(caller, privilege, name);
    this.access.requirePrivilege(caller, privilege, { host: name });
    return host;
  }

  /**
   * One domain by host and UUID.
   *
   * @param needed every privilege that is needed
   * @param action what is to be done, for the audit
   * @throws HttpProblem VIREO_HOST_UNKNOWN, VIREO_DOMAIN_UNKNOWN, VIREO_AUTH_PRIVILEGE, or VIREO_HOST_LOST when nobody
   *   knows its domains
   */
  domain(
    caller: Caller,
    needed: readonly [Privilege, ...Privilege[]],
    name: string,
    uuid: string,
    action?: string,
  ): FoundDomain {
    const { access } = this;
    const [privilege] = needed;
    const host = this.#knownHost(caller, privilege, name);
    const domain = host.domains.get(uuid);
    const asked = { host: name, uuid, ...(action === undefined ? {} : { action }) };
    const named = domain === undefined ? asked : { ...asked, domain: domain.name };
    // A domain nobody can tell of: that the privilege is missing can be told, and no waiting helps against that.
    const exists = domain !== undefined || !host.domainsKnown;
    if (!exists || (domain !== undefined && !access.mayKnow(caller, privilege, named))) {
      throw new HttpProblem('VIREO_DOMAIN_UNKNOWN', `host "${shown(name)}" has no domain ${uuid}`);
    }
    for (const each of needed) access.requirePrivilege(caller, each, named);
    if (domain === undefined) throw hostLost(host);
    return { host, domain };
  }

  #knownHost(caller: Caller, privilege: Privilege, name: string): HostSnapshot {
    const host = this.#hosts().find((snapshot) => snapshot.host === name);
    if (host !== undefined && this.access.mayKnow(caller, privilege, { host: name })) return host;
    throw this.#unknownHost(caller, name);
  }

  #unknownHost(caller: Caller, name: string): HttpProblem {
    const names = this.#hosts().flatMap((host) => (this.access.reachesHost(caller, host.host) ? [host.host] : []));
    const meant = names.includes(name) ? undefined : nearest(name, names);
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    return new HttpProblem('VIREO_HOST_UNKNOWN', `no host is called "${shown(name)}"${hint}`);
  }
}

/** The problem of a host that is not connected, or has not told its domains since it is. */
export function hostLost({ host, state }: HostSnapshot): HttpProblem {
  const why = state.kind === 'lost' ? `: ${state.error.code}` : '';
  const detail =
    state.kind === 'up'
      ? `the domains of host "${shown(host)}" are not known yet`
      : `host "${shown(host)}" is not connected${why}`;
  return new HttpProblem('VIREO_HOST_LOST', detail, { 'Retry-After': '5' });
}

function shown(name: string): string {
  return name.slice(0, 253);
}
