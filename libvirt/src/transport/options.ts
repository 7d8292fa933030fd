// SPDX-License-Identifier: Apache-2.0
// What every transport is told beside the URI.

/** Options of {@link import('./open.ts').openTransport}. */
export interface TransportOptions {
  /** Chooses the read-only socket where one exists. The RO flag of CONNECT_OPEN is the caller's business. */
  readonly readOnly: boolean;
  /** How long until the pipe must stand; 10 000 when left out. */
  readonly connectMs?: number;
  /** Aborting rejects with AbortError and leaves no socket or process behind. */
  readonly signal?: AbortSignal;
  /** Where the system daemons' sockets are; `/run/libvirt` when left out. */
  readonly systemRuntimeDirectory?: string;
  /** Where the user's own daemons' sockets are; found as libvirt finds it when left out. */
  readonly sessionRuntimeDirectory?: string;
  /** Whose session daemon is meant; this process's user when left out. */
  readonly userId?: number;
  /** Given to ssh before ours, so they win: `['-F', 'ssh_config']`. */
  readonly sshArguments?: readonly string[];
  /** Where certificates are looked for; libvirt's places when left out. */
  readonly pki?: PkiPlaces;
}

/** The two places libvirt looks for certificates in. */
export interface PkiPlaces {
  /** `/etc/pki`: holds CA/ and libvirt/. */
  readonly system: string;
  /** `~/.pki/libvirt`; `null` to leave it out, as libvirt does for root. */
  readonly user: string | null;
}

export const DEFAULT_CONNECT_MS = 10_000;
