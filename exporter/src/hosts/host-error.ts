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

/** A domain that stopped or was undefined between the list and the question is no failure. */
export function isGone(error: unknown): boolean {
  return error instanceof RemoteError && ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_OPERATION_INVALID'].includes(error.name);
}
