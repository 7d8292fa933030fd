// SPDX-License-Identifier: Apache-2.0
// Why an action is refused or failed, under the codes of contract/problems.ts and contract/tasks.ts.

import { LibvirtError, RemoteError } from '@vireo/libvirt';
import type { ProblemCode } from '../contract/problems.ts';
import type { TaskCode } from '../contract/tasks.ts';
import { REDACTED, findSecrets } from '../xml/secret-text.ts';

/** Of a daemon's message is shown. */
const TEXT_LENGTH_MAX = 500;
/** Is searched for secrets; more than is shown, for a secret that the cut halves must be found as well. */
const SCANNED_LENGTH_MAX = 8192;

/** An action that is not accepted, or did not succeed. The message says which domain, why, and what to do. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly code: ProblemCode | TaskCode;

  constructor(code: ProblemCode | TaskCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get detail(): string {
    return this.message;
  }
}

const BY_LIBVIRT_NAME: ReadonlyMap<string, ProblemCode> = new Map<string, ProblemCode>([
  ['VIR_ERR_NO_DOMAIN', 'VIREO_DOMAIN_UNKNOWN'],
  ['VIR_ERR_OPERATION_INVALID', 'VIREO_STATE'],
  ['VIR_ERR_OPERATION_TIMEOUT', 'VIREO_DOMAIN_BUSY'],
  ['VIR_ERR_NO_SUPPORT', 'VIREO_UNSUPPORTED'],
  ['VIR_ERR_OPERATION_UNSUPPORTED', 'VIREO_UNSUPPORTED'],
  ['VIR_ERR_ARGUMENT_UNSUPPORTED', 'VIREO_ARGUMENT'],
  ['VIR_ERR_CONFIG_UNSUPPORTED', 'VIREO_ARGUMENT'],
  ['VIR_ERR_AGENT_UNRESPONSIVE', 'VIREO_AGENT'],
  ['VIR_ERR_AGENT_UNSYNCED', 'VIREO_AGENT'],
  ['VIR_ERR_AGENT_COMMAND_TIMEOUT', 'VIREO_AGENT'],
  ['VIR_ERR_AGENT_COMMAND_FAILED', 'VIREO_AGENT'],
  ['VIR_ERR_OPERATION_DENIED', 'VIREO_LIBVIRT_DENIED'],
  ['VIR_ERR_ACCESS_DENIED', 'VIREO_LIBVIRT_DENIED'],
  ['VIR_ERR_INVALID_ARG', 'VIREO_LIBVIRT_ARGUMENT'],
  ['VIR_ERR_OPERATION_ABORTED', 'VIREO_CONFLICT'],
  ['VIR_ERR_BLOCK_COPY_ACTIVE', 'VIREO_CONFLICT'],
  ['VIR_ERR_RESOURCE_BUSY', 'VIREO_CONFLICT'],
  ['VIR_ERR_MULTIPLE_DOMAINS', 'VIREO_CONFLICT'],
]);

/** A failure as a task and the audit show it. */
export function actionErrorOf(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  if (error instanceof RemoteError) {
    const code = BY_LIBVIRT_NAME.get(error.name) ?? 'VIREO_LIBVIRT';
    if (code !== 'VIREO_DOMAIN_BUSY') return new ActionError(code, remoteText(error), { cause: error });
    return new ActionError(code, busyMessage(error), { cause: error });
  }
  if (error instanceof LibvirtError) {
    const { code } = error;
    if (code === 'LV_TIMEOUT') return new ActionError('VIREO_LIBVIRT_TIMEOUT', error.message, { cause: error });
    if (code === 'LV_BUSY') return new ActionError('VIREO_QUEUE_FULL', error.message, { cause: error });
    const lost = code.startsWith('LV_CONN_') || code === 'LV_ARG_CREDENTIALS' || code === 'LV_ARG_CLOSED';
    return new ActionError(lost ? 'VIREO_HOST_LOST' : 'VIREO_LIBVIRT', error.message, { cause: error });
  }
  if (error instanceof Error && 'code' in error && error.code === 'VIREO_BUSY') {
    return new ActionError('VIREO_BUSY', error.message, { cause: error });
  }
  const message = error instanceof Error ? error.message : 'something that is no error was thrown';
  return new ActionError('VIREO_INTERNAL', message, { cause: error });
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
  const text = remoteText(error);
  return holder === undefined ? text : `the domain is held by ${holder}, which has not ended: ${text}`;
}

/** What the daemon said. It may quote a command line or a URL, with secrets in them. */
function remoteText(error: RemoteError): string {
  const text = (error.remoteMessage ?? error.name).slice(0, SCANNED_LENGTH_MAX);
  let result = '';
  let end = 0;
  for (const span of findSecrets(text, 'words').sort((a, b) => a.start - b.start)) {
    if (span.start >= end) result += text.slice(end, span.start) + REDACTED;
    end = Math.max(end, span.end);
  }
  return (result + text.slice(end)).slice(0, TEXT_LENGTH_MAX);
}
