// SPDX-License-Identifier: Apache-2.0
// What a daemon refuses with. The texts are libvirt's own: a format with one hole, the detail that fills it, and both
// again in str1 and str2, as captured from libvirtd 9.0.0 with its QEMU driver (24 November 2026).

import type { RemoteErrorFields } from '../protocol/types.ts';

/** virErrorDomain: the part of libvirt that speaks. */
export const ERROR_FROM = { NONE: 0, RPC: 7, QEMU: 10, STORAGE: 18, NETWORK: 19, DOMAIN: 20 } as const;

/** virErrorNumber and the format libvirt gives it when there is a detail. */
const FORMATS = {
  INTERNAL_ERROR: [1, 'internal error: %s'],
  NO_SUPPORT: [3, 'this function is not supported by the connection driver: %s'],
  NO_CONNECT: [5, 'no connection driver available for %s'],
  INVALID_ARG: [8, 'invalid argument: %s'],
  OPERATION_FAILED: [9, 'operation failed: %s'],
  OPERATION_DENIED: [29, 'operation forbidden: %s'],
  SYSTEM_ERROR: [38, '%s'],
  RPC: [39, '%s'],
  NO_DOMAIN: [42, 'Domain not found: %s'],
  NO_NETWORK: [43, 'Network not found: %s'],
  NO_STORAGE_POOL: [49, 'Storage pool not found: %s'],
  NO_STORAGE_VOL: [50, 'Storage volume not found: %s'],
  OPERATION_INVALID: [55, 'Requested operation is not valid: %s'],
  CONFIG_UNSUPPORTED: [67, 'unsupported configuration: %s'],
  OPERATION_TIMEOUT: [68, 'Timed out during operation: %s'],
  ARGUMENT_UNSUPPORTED: [74, 'argument unsupported: %s'],
} as const;
/** The errors a {@link DaemonError} has a text for. */
export type DaemonErrorName = keyof typeof FORMATS;

/** Throw it in a handler, or return it: the caller gets an error reply with these fields. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly fields: RemoteErrorFields;

  /** @param fields as they go on the wire; what is left out is what libvirt fills in for most errors */
  constructor(fields: Partial<RemoteErrorFields> & { readonly code: number }) {
    super(fields.message ?? `error ${String(fields.code)}`);
    this.fields = {
      domain: 0,
      message: null,
      level: 2,
      dom: null,
      str1: null,
      str2: null,
      str3: null,
      int1: -1,
      int2: -1,
      net: null,
      ...fields,
    };
  }
}

/** An error with libvirt's text for it. `from` is one of {@link ERROR_FROM}. */
export function daemonError(name: DaemonErrorName, from: number, detail: string): DaemonError {
  const [code, format] = FORMATS[name];
  return new DaemonError({
    code,
    domain: from,
    message: format.replace('%s', () => detail),
    str1: format,
    str2: detail,
  });
}

/** What virCheckFlags says. It is the one error here whose numbers are 0. */
export function unsupportedFlags(flags: number, apiFunction: string): DaemonError {
  return new DaemonError({
    code: 8,
    domain: ERROR_FROM.QEMU,
    message: `unsupported flags (0x${flags.toString(16)}) in function ${apiFunction}`,
    str1: apiFunction,
    str2: 'flags',
    int1: 0,
    int2: 0,
  });
}
