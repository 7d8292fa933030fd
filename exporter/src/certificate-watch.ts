// SPDX-License-Identifier: Apache-2.0
// Certificates are seen when a connection begins, and connections last for months: now and then one is opened for
// nothing else, so that a renewed certificate is noticed.

import type { Connection } from '@vireo/libvirt';
import type { ObservedCertificate } from './metrics/self-metrics.ts';

const INTERVAL_MS = 3_600_000;
const DEADLINE_MS = 60_000;

/** What matters here of a connection. */
export type CertifiedConnection = Pick<Connection, 'certificates' | 'close'>;

/** What {@link CertificateWatch} needs. */
export interface CertificateWatchOptions {
  readonly onCertificates: (host: string, certificates: readonly ObservedCertificate[]) => void;
  /** An hour by default. */
  readonly intervalMs?: number;
}

/** Looks again at the certificates of hosts that have any. Close it at the end: it keeps a timer. */
export class CertificateWatch {
  readonly #onCertificates: CertificateWatchOptions['onCertificates'];
  readonly #hosts = new Map<string, (signal: AbortSignal) => Promise<CertifiedConnection>>();
  readonly #timer: NodeJS.Timeout;
  readonly #stop = new AbortController();
  #looking: Promise<void> | undefined;

  constructor({ onCertificates, intervalMs = INTERVAL_MS }: CertificateWatchOptions) {
    this.#onCertificates = onCertificates;
    this.#timer = setInterval(() => {
      // No round while another is under way.
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    }, intervalMs).unref();
  }

  /** Tells of the certificates of a connection just opened; `open` is how to open another one, and tells of it too. */
  take(
    host: string,
    { certificates }: Pick<CertifiedConnection, 'certificates'>,
    open: (signal: AbortSignal) => Promise<CertifiedConnection>,
  ): void {
    if (certificates.length === 0) return;
    this.#hosts.set(host, open);
    this.#onCertificates(
      host,
      certificates.map(({ of, notAfter }) => ({ certificate: of, notAfter })),
    );
  }

  /** Ends it, and what it has under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    for (const open of this.#hosts.values()) {
      if (this.#stop.signal.aborted) return;
      try {
        const connection = await open(AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DEADLINE_MS)]));
        await connection.close();
      } catch {
        // That a host is away is the polls' to tell.
      }
    }
  }
}
