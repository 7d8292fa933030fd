// SPDX-License-Identifier: Apache-2.0
// Why an action is refused or failed, under the codes of contract/problems.ts and contract/tasks.ts.

import { LibvirtError, RemoteError } from '@vireo/libvirt';
import { PROBLEM_OF_LIBVIRT_ERROR } from '../contract/problems.ts';
import type { ProblemCode } from '../contract/problems.ts';
import type { RefusalCode } from '../contract/refusals.ts';
import type { TaskCode } from '../contract/tasks.ts';
import { ViaDaemonError } from '../hosts/via-daemon.ts';
import { shownText } from '../xml/secret-text.ts';

/** An action that is not accepted, or did not succeed. The message says which domain, why, and what to do. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly code: ProblemCode | TaskCode;
  /** Where the catalogue refused it. */
  readonly reasonCode: RefusalCode | undefined;

  constructor(
    code: ProblemCode | TaskCode,
    message: string,
    options?: ErrorOptions & { readonly reasonCode?: RefusalCode },
  ) {
    super(message, options);
    this.code = code;
    this.reasonCode = options?.reasonCode;
  }

  get detail(): string {
    return this.message;
  }
}

/** A failure as a task and the audit show it. */
export function actionErrorOf(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  if (error instanceof RemoteError) {
    const code = PROBLEM_OF_LIBVIRT_ERROR.get(error.name) ?? 'VIREO_LIBVIRT';
    if (code !== 'VIREO_DOMAIN_BUSY')
      return new ActionError(code, shownText(error.remoteMessage ?? error.name), { cause: error });
    return new ActionError(code, busyMessage(error), { cause: error });
  }
  if (error instanceof LibvirtError) {
    const { code } = error;
    const text = shownText(error.message);
    if (code === 'LV_TIMEOUT') return new ActionError('VIREO_LIBVIRT_TIMEOUT', text, { cause: error });
    if (code === 'LV_BUSY') return new ActionError('VIREO_QUEUE_FULL', text, { cause: error });
    const lost = code.startsWith('LV_CONN_') || code === 'LV_ARG_CREDENTIALS' || code === 'LV_ARG_CLOSED';
    return new ActionError(lost ? 'VIREO_HOST_LOST' : 'VIREO_LIBVIRT', text, { cause: error });
  }
  if (error instanceof ViaDaemonError)
    return new ActionError('VIREO_HOST_LOST', shownText(error.message), { cause: error });
  if (error instanceof Error && 'code' in error && error.code === 'VIREO_BUSY') {
    return new ActionError('VIREO_BUSY', error.message, { cause: error });
  }
  const message = error instanceof Error ? error.message : 'something that is no error was thrown';
  return new ActionError('VIREO_INTERNAL', shownText(message), { cause: error });
}

/**
 * Who holds a domain's lock, as libvirt says: `str2` is "cannot acquire state change lock (held by
 * monitor=remoteDispatchDomainSuspend)", the name of the call it waits for; undefined when it names nobody.
 * @see libvirt src/conf/virdomainjob.c: virDomainObjBeginJobInternal
 */
export function lockHolder(error: RemoteError): string | undefined {
  const holder = /\(held by (?<holder>[^)]+)\)/.exec(error.str2 ?? '')?.groups?.['holder'];
  if (holder === undefined) return undefined;
  const names = [...holder.matchAll(/(?:monitor|agent)=(?:remoteDispatch)?(\S+)/g)].map(([, name]) => name ?? '');
  return names.length === 0 ? holder : names.join(' and ');
}

function busyMessage(error: RemoteError): string {
  const holder = lockHolder(error);
  const text = shownText(error.remoteMessage ?? error.name);
  return holder === undefined ? text : `the domain is held by ${holder}, which has not ended: ${text}`;
}
