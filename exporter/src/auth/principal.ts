// SPDX-License-Identifier: Apache-2.0
// Who makes a request, and what they may do: the one place where a scope is decided.

import type { TokenConfig } from '../config/config.ts';
import { PRIVILEGE_DOCS } from '../contract/privileges.ts';
import type { Privilege } from '../contract/privileges.ts';
import { compileGlob } from '../contract/glob.ts';
import type { Glob } from '../contract/glob.ts';

/** What a privilege is asked for. Without `domainName` it is the host itself. */
export interface Target {
  readonly host: string;
  readonly domainName?: string;
}

/** A user of Grafana, as its signature vouches for. */
export interface GrafanaUser {
  /** What they log in with; for a service account its id. */
  readonly login: string;
  /** Grafana's own id: `user:2`, `service-account:7`. */
  readonly userId: string;
  readonly orgId?: number;
  /** Their role in the organisation; older Grafanas do not say. */
  readonly role?: string;
}

/** Who did something, for tasks and the audit. */
export interface ActorFacts {
  /** The name of the token. */
  readonly token: string;
  /** The login of the user, when Grafana vouched for one. */
  readonly user?: string;
  readonly address: string;
}

/** A token compiled: what all requests with it share. */
export class Grant {
  readonly tokenName: string;
  readonly privileges: ReadonlySet<Privilege>;
  /** Whether requests must carry the identity of a user as well. */
  readonly requireIdentity: boolean;
  /** Patterns of the hosts and domains it reaches, as they are configured. */
  readonly scope: { readonly hosts: readonly string[]; readonly domains: readonly string[] };
  readonly #hosts: readonly Glob[];
  readonly #domains: readonly Glob[];

  constructor(token: TokenConfig) {
    this.tokenName = token.name;
    this.privileges = new Set(token.privileges);
    this.requireIdentity = token.requireIdentity;
    this.scope = { hosts: token.hosts, domains: token.domains };
    this.#hosts = token.hosts.map(compileGlob);
    this.#domains = token.domains.map(compileGlob);
  }

  reaches({ host, domainName }: Target): boolean {
    if (!this.#hosts.some((glob) => glob(host))) return false;
    return domainName === undefined || this.#domains.some((glob) => glob(domainName));
  }

  can(privilege: Privilege, target: Target): boolean {
    if (!this.privileges.has(privilege) || !this.reaches(target)) return false;
    return target.domainName !== undefined || PRIVILEGE_DOCS[privilege].ofHosts;
  }
}

/** Whoever makes a request. Immutable. */
export class Principal {
  readonly tokenName: string;
  readonly privileges: ReadonlySet<Privilege>;
  readonly user?: GrafanaUser;
  /** What {@link TokenStore.isCurrent} compares: a token that is changed or gone no longer has it. */
  readonly grant: Grant;

  constructor(grant: Grant, user?: GrafanaUser) {
    this.grant = grant;
    this.tokenName = grant.tokenName;
    this.privileges = grant.privileges;
    if (user !== undefined) this.user = user;
  }

  /**
   * Whether its patterns match, whatever its privileges: what they do not match does not exist for it. It may know of
   * what they match, for every privilege tells in some answer whether a domain is there.
   */
  reaches(target: Target): boolean {
    return this.grant.reaches(target);
  }

  /**
   * Whether it has the privilege, a pattern for the host and a pattern for the domain. Without a domain name the
   * question is about the host itself: only `read` and `xml` are about hosts, so a forgotten name grants no action.
   */
  can(privilege: Privilege, target: Target): boolean {
    return this.grant.can(privilege, target);
  }

  withUser(user: GrafanaUser): Principal {
    return new Principal(this.grant, user);
  }

  actor(address: string): ActorFacts {
    return { token: this.tokenName, ...(this.user === undefined ? {} : { user: this.user.login }), address };
  }
}
