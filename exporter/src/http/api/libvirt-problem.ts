// SPDX-License-Identifier: Apache-2.0
// What a failed call of libvirt becomes for whoever asked over HTTP. The numbers behind the names: virterror.h.

import { LibvirtError, RemoteError } from '@vireo/libvirt';
import { PROBLEM_OF_LIBVIRT_ERROR } from '../../contract/problems.ts';
import type { ProblemCode } from '../../contract/problems.ts';
import { ViaDaemonError } from '../../hosts/via-daemon.ts';
import { shownText } from '../../xml/secret-text.ts';
import { HttpProblem } from '../problems.ts';

const RETRY_AFTER: Readonly<Record<string, string>> = { 'Retry-After': '5' };

/** Codes that may pass if the same is asked again a little later. */
const RETRIABLE: ReadonlySet<ProblemCode> = new Set(['VIREO_DOMAIN_BUSY', 'VIREO_HOST_LOST', 'VIREO_QUEUE_FULL']);

/** The problem that an error of connecting or of the client is; undefined when it is neither, or our own mistake. */
export function problemOfLibvirt(error: unknown): HttpProblem | undefined {
  if (error instanceof ViaDaemonError) {
    return new HttpProblem('VIREO_HOST_LOST', `${error.code}: ${shownText(error.message)}`, RETRY_AFTER);
  }
  if (!(error instanceof LibvirtError)) return undefined;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const text = error instanceof RemoteError ? `${error.name}: ${error.message}` : `${error.code}: ${error.message}`;
  return new HttpProblem(code, shownText(text), RETRIABLE.has(code) ? RETRY_AFTER : {});
}

function codeOf(error: LibvirtError): ProblemCode | undefined {
  if (error instanceof RemoteError) return PROBLEM_OF_LIBVIRT_ERROR.get(error.name) ?? 'VIREO_LIBVIRT';
  if (error.code.startsWith('LV_CONN_') || error.code === 'LV_ARG_CREDENTIALS') return 'VIREO_HOST_LOST';
  if (error.code.startsWith('LV_PROTO_')) return 'VIREO_LIBVIRT';
  if (error.code === 'LV_TIMEOUT') return 'VIREO_LIBVIRT_TIMEOUT';
  if (error.code === 'LV_BUSY') return 'VIREO_QUEUE_FULL';
  return undefined;
}
