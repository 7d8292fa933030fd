// SPDX-License-Identifier: Apache-2.0

import { LibvirtError, RemoteError } from '@vireo/libvirt';
import { shownText } from '../xml/secret-text.ts';
import type { HostError } from './snapshot.ts';

/** An error as pages, metrics and logs show it: a daemon, or ssh, may quote a secret. */
export function hostError(error: unknown): HostError {
  if (error instanceof RemoteError) return { code: error.name, message: shownText(error.message) };
  if (error instanceof LibvirtError) return { code: error.code, message: shownText(error.message) };
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'VIREO_INTERNAL';
    return { code, message: shownText(error.message) };
  }
  return { code: 'LV_CONN_CLOSED', message: 'the connection was closed' };
}

/** A daemon lives, and the hypervisor that it reaches over the network for us does not answer. */
export class HypervisorSilentError extends Error {
  override readonly name = 'HypervisorSilentError';
  readonly code = 'VIREO_VIA_SILENT';

  constructor(cause: Error) {
    super(`the daemon answers, the hypervisor that it reaches for us does not: ${cause.message}`, { cause });
  }
}

/** VIR_FROM_RPC of libvirt's error domains. */
const FROM_RPC = 7;

/**
 * Whether a modular daemon says that it lost the daemon it passed this call on to (virtqemud to virtstoraged, which was
 * restarted). It never looks for it again on behalf of the same connection (libvirt 11.3).
 */
export function isCutOff(error: unknown): boolean {
  return error instanceof RemoteError && error.name === 'VIR_ERR_INTERNAL_ERROR' && error.domain === FROM_RPC;
}

/** A domain that stopped or was undefined between the list and the question is no failure. */
export function isGone(error: unknown): boolean {
  return error instanceof RemoteError && ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_OPERATION_INVALID'].includes(error.name);
}
