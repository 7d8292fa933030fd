// SPDX-License-Identifier: Apache-2.0
// What a failed call of libvirt becomes for whoever asked over HTTP. The numbers behind the names: virterror.h.

import { LibvirtError, RemoteError } from '@vireo/libvirt';
import type { ProblemCode } from '../../contract/problems.ts';
import { REDACTED, findSecrets } from '../../xml/secret-text.ts';
import { HttpProblem } from '../problems.ts';

const DETAIL_LENGTH_MAX = 500;
/** A secret that is cut in the middle would not be known for one; what is shown is far from this end. */
const SCANNED_LENGTH_MAX = 8192;
const RETRY_AFTER: Readonly<Record<string, string>> = { 'Retry-After': '5' };

/** Codes that may pass if the same is asked again a little later. */
const RETRIABLE: ReadonlySet<ProblemCode> = new Set(['VIREO_DOMAIN_BUSY', 'VIREO_HOST_LOST', 'VIREO_QUEUE_FULL']);

const BY_NAME: ReadonlyMap<string, ProblemCode> = new Map<string, ProblemCode>([
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
  ['VIR_ERR_NO_CONNECT', 'VIREO_HOST_LOST'],
  ['VIR_ERR_AUTH_FAILED', 'VIREO_HOST_LOST'],
  ['VIR_ERR_AUTH_CANCELLED', 'VIREO_HOST_LOST'],
  ['VIR_ERR_AUTH_UNAVAILABLE', 'VIREO_HOST_LOST'],
  ['VIR_ERR_SSH', 'VIREO_HOST_LOST'],
  ['VIR_ERR_LIBSSH', 'VIREO_HOST_LOST'],
  ['VIR_ERR_OPERATION_ABORTED', 'VIREO_CONFLICT'],
  ['VIR_ERR_BLOCK_COPY_ACTIVE', 'VIREO_CONFLICT'],
  ['VIR_ERR_RESOURCE_BUSY', 'VIREO_CONFLICT'],
  ['VIR_ERR_MULTIPLE_DOMAINS', 'VIREO_CONFLICT'],
]);

/** The problem that an error of the client is; undefined when it is none of its errors, or our own mistake. */
export function problemOfLibvirt(error: unknown): HttpProblem | undefined {
  if (!(error instanceof LibvirtError)) return undefined;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const text = error instanceof RemoteError ? `${error.name}: ${error.message}` : `${error.code}: ${error.message}`;
  return new HttpProblem(
    code,
    withoutSecrets(text.slice(0, SCANNED_LENGTH_MAX)).slice(0, DETAIL_LENGTH_MAX),
    RETRIABLE.has(code) ? RETRY_AFTER : {},
  );
}

function codeOf(error: LibvirtError): ProblemCode | undefined {
  if (error instanceof RemoteError) return BY_NAME.get(error.name) ?? 'VIREO_LIBVIRT';
  if (error.code.startsWith('LV_CONN_') || error.code === 'LV_ARG_CREDENTIALS') return 'VIREO_HOST_LOST';
  if (error.code.startsWith('LV_PROTO_')) return 'VIREO_LIBVIRT';
  if (error.code === 'LV_TIMEOUT') return 'VIREO_LIBVIRT_TIMEOUT';
  if (error.code === 'LV_BUSY') return 'VIREO_QUEUE_FULL';
  return undefined;
}

/** A daemon's message may quote a command line, whose words are options, or a URL. */
function withoutSecrets(text: string): string {
  const inOptions = [...text.matchAll(/\S+/g)].flatMap(({ 0: word, index }) =>
    findSecrets(word, 'option').map(({ start, end }) => ({ start: index + start, end: index + end })),
  );
  const spans = [...findSecrets(text, 'words'), ...inOptions].sort((a, b) => a.start - b.start);
  let result = '';
  let end = 0;
  for (const span of spans) {
    if (span.start >= end) result += text.slice(end, span.start) + REDACTED;
    end = Math.max(end, span.end);
  }
  return result + text.slice(end);
}
