// SPDX-License-Identifier: Apache-2.0
// Who makes a request and what they may do, as the guard decides; here only the way in from HTTP and out as a problem.
// What lies outside a token's scope does not exist for it: 404, though the audit tells.

import type { Request, RequestHandler } from 'express';
import type { Principal } from '../../auth/principal.ts';
import type { Asked, Denial, RequestGuard } from '../../auth/request-guard.ts';
import { PROBLEMS } from '../../contract/problems.ts';
import type { Privilege } from '../../contract/privileges.ts';
import type { HostSnapshot } from '../../hosts/snapshot.ts';
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
   * Of one host or domain it comes after {@link mayKnow}: what is out of scope is not found, whatever the privilege.
   *
   * @param asked what is known of what is asked for, for the audit
   * @throws HttpProblem VIREO_AUTH_PRIVILEGE
   */
  requirePrivilege({ principal, address }: Caller, privilege: Privilege, asked: Asked = {}): void {
    const denial = this.#guard.authorize(principal, privilege, asked, address);
    if (denial !== undefined) throw problemOfDenial(denial);
  }

  /** Whether a host or domain that was asked for by name is in the caller's scope; a refusal goes to the audit. */
  mayKnow({ principal, address }: Caller, privilege: Privilege, asked: Asked & { readonly host: string }): boolean {
    return this.#guard.reaches(principal, privilege, asked, address);
  }

  /** Whether a host is in the caller's scope; for hints. */
  reachesHost({ principal }: Caller, host: string): boolean {
    return principal.reaches({ host });
  }

  /** Whether the caller may do this to a host itself; for lists. */
  seesHost({ principal }: Caller, privilege: Privilege, host: HostSnapshot): boolean {
    return principal.can(privilege, { host: host.host });
  }

  /** Whether the caller may do this to a domain; for lists. */
  seesDomain({ principal }: Caller, privilege: Privilege, host: string, domainName: string): boolean {
    return principal.can(privilege, { host, domainName });
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
