// SPDX-License-Identifier: Apache-2.0
// Finds hosts and domains for a caller. What lies outside the caller's scope is not found, and not suggested either.

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
   * @throws HttpProblem VIREO_HOST_UNKNOWN
   */
  host(caller: Caller, privilege: Privilege, name: string): HostSnapshot {
    const host = this.#hosts().find((snapshot) => snapshot.host === name);
    if (host === undefined || !this.access.mayHost(caller, privilege, host)) throw this.#unknownHost(caller, name);
    return host;
  }

  /**
   * One domain by host and UUID.
   *
   * @throws HttpProblem VIREO_HOST_UNKNOWN, VIREO_DOMAIN_UNKNOWN, or VIREO_HOST_LOST when nobody knows its domains
   */
  domain(caller: Caller, privilege: Privilege, name: string, uuid: string): FoundDomain {
    const host = this.#hosts().find((snapshot) => snapshot.host === name);
    const domain = host?.domains.get(uuid);
    if (host !== undefined && domain !== undefined && this.access.mayDomain(caller, privilege, host, domain)) {
      return { host, domain };
    }
    if (host === undefined || !this.#mayKnow(caller, host)) throw this.#unknownHost(caller, name);
    if (!host.domainsKnown) throw hostLost(host);
    throw new HttpProblem('VIREO_DOMAIN_UNKNOWN', `host "${shown(name)}" has no domain ${uuid}`);
  }

  #mayKnow(caller: Caller, host: HostSnapshot): boolean {
    return this.access.seesHost(caller, 'read', host) || this.access.seesHost(caller, 'xml', host);
  }

  #unknownHost(caller: Caller, name: string): HttpProblem {
    const names = this.#hosts().flatMap((host) => (this.#mayKnow(caller, host) ? [host.host] : []));
    const meant = names.includes(name) ? undefined : nearest(name, names);
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    return new HttpProblem('VIREO_HOST_UNKNOWN', `no host is called "${shown(name)}"${hint}`);
  }
}

/** The problem of a host that is not connected. */
export function hostLost({ host, state }: HostSnapshot): HttpProblem {
  const why = state.kind === 'lost' ? `: ${state.error.code}` : '';
  return new HttpProblem('VIREO_HOST_LOST', `host "${shown(host)}" is not connected${why}`, { 'Retry-After': '5' });
}

function shown(name: string): string {
  return name.slice(0, 253);
}
