// SPDX-License-Identifier: Apache-2.0
// Who makes a request and what they may do, as the guard decides; here only the way in from HTTP and out as a problem.
// What lies outside a token's scope does not exist for it: 404, though the audit tells.

import type { Request, RequestHandler } from 'express';
import type { Principal } from '../../auth/principal.ts';
import type { Denial, RequestGuard } from '../../auth/request-guard.ts';
import { PROBLEMS } from '../../contract/problems.ts';
import type { Privilege } from '../../contract/privileges.ts';
import type { DomainSnapshot, HostSnapshot } from '../../hosts/snapshot.ts';
import { HttpProblem } from '../problems.ts';

/** Whoever makes a request. */
export interface Caller {
  readonly principal: Principal;
  readonly address: string;
}

const CALLERS = new WeakMap<Request, Caller>();

/** Middleware: admits a request, or refuses it. */
export function authentication(guard: RequestGuard): RequestHandler {
  return async (request, _response, next) => {
    const address = guard.clientAddress(request.socket.remoteAddress, request.get('X-Forwarded-For'));
    const result = await guard.guard({
      authorization: request.get('Authorization'),
      grafanaId: request.get('X-Grafana-Id'),
      address,
    });
    if ('code' in result) throw problemOfDenial(result);
    CALLERS.set(request, { principal: result.principal, address });
    next();
  };
}

/** Who makes a request that {@link authentication} admitted. */
export function callerOf(request: Request): Caller {
  const caller = CALLERS.get(request);
  if (caller === undefined) throw new TypeError('the request was not authenticated');
  return caller;
}

/** What callers may see and do. */
export class Access {
  readonly #guard: RequestGuard;

  constructor(guard: RequestGuard) {
    this.#guard = guard;
  }

  /**
   * Before anything is looked up, so that the answer tells nothing of what there is.
   *
   * @throws HttpProblem VIREO_AUTH_PRIVILEGE
   */
  requirePrivilege({ principal, address }: Caller, privilege: Privilege): void {
    if (principal.privileges.has(privilege)) return;
    const denial = this.#guard.authorize(principal, privilege, { host: '*' }, address);
    if (denial !== undefined) throw problemOfDenial(denial);
  }

  /** Whether the caller may do this to a host itself; for lists. */
  seesHost({ principal }: Caller, privilege: Privilege, host: HostSnapshot): boolean {
    return principal.can(privilege, { host: host.host });
  }

  /** Whether the caller may do this to a domain; for lists. */
  seesDomain({ principal }: Caller, privilege: Privilege, host: string, domainName: string): boolean {
    return principal.can(privilege, { host, domainName });
  }

  /** Like {@link seesHost}, of one host that was asked for by name: a refusal goes to the audit. */
  mayHost({ principal, address }: Caller, privilege: Privilege, host: HostSnapshot): boolean {
    return this.#guard.authorize(principal, privilege, { host: host.host }, address) === undefined;
  }

  /** Like {@link seesDomain}, of one domain that was asked for by UUID: a refusal goes to the audit. */
  mayDomain({ principal, address }: Caller, privilege: Privilege, host: HostSnapshot, domain: DomainSnapshot): boolean {
    const target = { host: host.host, domainName: domain.name };
    return this.#guard.authorize(principal, privilege, target, address) === undefined;
  }

  /** Whether the caller's token is still in force. */
  isCurrent({ principal }: Caller): boolean {
    return this.#guard.isCurrent(principal);
  }
}

function problemOfDenial({ code, detail, retryAfterSeconds }: Denial): HttpProblem {
  return new HttpProblem(code, detail, {
    ...(PROBLEMS[code].status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
  });
}
