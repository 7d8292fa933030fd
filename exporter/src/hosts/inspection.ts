// SPDX-License-Identifier: Apache-2.0
// What somebody wants to look at of a host: XML, snapshots and screens. On connections of their own, opened on demand, so that
// neither a large document nor a guest that does not answer holds up a poll or an action.

import { setMaxListeners } from 'node:events';
import type { CallOptions, Connection, DomainRef } from '@vireo/libvirt';
import { Lane } from './action-connection.ts';
import { Gate } from './gate.ts';
import { InspectionError } from './inspection-error.ts';
import { Screenshots } from './screenshots.ts';
import type { Screenshot } from './screenshots.ts';
import { listSnapshots } from './snapshot-list.ts';
import type { SnapshotList } from './snapshot-list.ts';
import { until, withDeadline } from './until.ts';
import { diffDomainXml } from '../xml/diff-xml.ts';
import type { XmlDiff } from '../xml/diff-xml.ts';
import { redactDomainXml } from '../xml/redact-xml.ts';

export type { Screenshot } from './screenshots.ts';

/** Opens a connection, ready for use; gives up when the signal says so. */
export type OpenInspection = (readOnly: boolean, signal: AbortSignal) => Promise<Connection>;

/** What makes a {@link HostInspection}. */
export interface HostInspectionOptions {
  /** The host's name, for messages. */
  readonly host: string;
  readonly open: OpenInspection;
  /** Calls in flight one connection allows; libvirtd stops reading a socket at its max_client_requests, 5. */
  readonly slots?: number;
  /** How long a document or a picture may take, waiting included. 10 s when left out. */
  readonly deadlineMs?: number;
  /** How long an unused connection stays open. 60 s when left out. */
  readonly idleMs?: number;
  /** How long a picture is given out again. 2 s when left out. */
  readonly screenshotCacheMs?: number;
}

/** A domain as it runs, or as it will be when it starts next. */
export type XmlView = 'live' | 'config';

const DEADLINE_MS = 10_000;
const IDLE_MS = 60_000;
const SCREENSHOT_CACHE_MS = 2000;
const SLOTS = 4;
const DOCUMENTS_WIDTH = 4;
const DOCUMENTS_WAITING_MAX = 32;

/**
 * XML, snapshots and screens of one host. Every method rejects with the client's errors (a domain that is gone: VIR_ERR_NO_DOMAIN),
 * the reason of the signal, or an error whose code is a problem's: VIREO_BUSY when too many wait or calls hang in the
 * daemon, VIREO_LIBVIRT_TIMEOUT.
 */
export class HostInspection {
  readonly #host: string;
  readonly #deadlineMs: number;
  readonly #reading: Lane;
  readonly #writing: Lane;
  readonly #documents: Gate;
  readonly #screenshots: Screenshots;
  readonly #stop = new AbortController();

  constructor(options: HostInspectionOptions) {
    const { host, open, slots = SLOTS, deadlineMs = DEADLINE_MS, idleMs = IDLE_MS } = options;
    this.#host = host;
    // As many as pieces of work under way, which are bounded.
    setMaxListeners(0, this.#stop.signal);
    this.#deadlineMs = deadlineMs;
    // One connection each: what hangs in it takes at most so many of the daemon's workers.
    const lane = (readOnly: boolean): Lane =>
      new Lane({ open: () => open(readOnly, this.#stop.signal), slots, idleMs, limit: 1 });
    this.#reading = lane(true);
    this.#writing = lane(false);
    const what = `documents of ${host}`;
    this.#documents = new Gate({ what, width: DOCUMENTS_WIDTH, waitingMax: DOCUMENTS_WAITING_MAX });
    this.#screenshots = new Screenshots({
      host,
      with: (work) => this.#writing.with(work),
      deadlineMs,
      cacheMs: options.screenshotCacheMs ?? SCREENSHOT_CACHE_MS,
      stop: this.#stop.signal,
    });
  }

  /** A domain's XML as libvirt wrote it, its secrets masked. Of a domain that is off both views are the same. */
  async domainXml(domain: DomainRef, view: XmlView, signal?: AbortSignal): Promise<string> {
    return redactDomainXml(await this.#domainXml(domain, view, signal));
  }

  /** What the domain's next start would change. */
  async domainXmlDiff(domain: DomainRef, signal?: AbortSignal): Promise<XmlDiff> {
    const live = await this.#domainXml(domain, 'live', signal);
    return diffDomainXml(live, await this.#domainXml(domain, 'config', signal));
  }

  /** What the host and its hypervisor can do. Slow the first time after the daemon's start. */
  async capabilitiesXml(signal?: AbortSignal): Promise<string> {
    return redactDomainXml(await this.#document((connection, call) => connection.host.capabilities(call), signal));
  }

  /** The snapshots of a domain as they are now. Of a driver that has none: VIR_ERR_NO_SUPPORT. */
  async snapshots(domain: DomainRef, signal?: AbortSignal): Promise<SnapshotList> {
    return await this.#document((connection, call) => listSnapshots(connection, domain, call), signal, 'Snapshots');
  }

  /**
   * A picture of a screen, at most two seconds old, as PNG. Of a domain that is off: VIR_ERR_OPERATION_INVALID. Besides
   * the others it rejects with VIREO_DOMAIN_BUSY when the domain has not answered an earlier one, VIREO_UNSUPPORTED for a
   * picture of another kind, and VIREO_LIBVIRT for one larger than 16 MiB.
   *
   * @param screen which of a guest's screens, from 0
   */
  async screenshot(domain: DomainRef, screen = 0, signal?: AbortSignal): Promise<Screenshot> {
    return await this.#screenshots.take(domain, screen, signal);
  }

  /** Closes the connections; what is under way is given up. Nothing can be asked afterwards. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the host is no longer watched'));
    await Promise.all([this.#reading.close(), this.#writing.close()]);
  }

  #domainXml(domain: DomainRef, view: XmlView, signal?: AbortSignal): Promise<string> {
    const inactive = view === 'config';
    return this.#document((connection, call) => connection.domains.xml(domain, { inactive }, call), signal);
  }

  async #document<T>(
    fetch: (connection: Connection, call: CallOptions) => Promise<T>,
    given?: AbortSignal,
    what = 'XML',
  ): Promise<T> {
    const ms = this.#deadlineMs;
    const late = (): Error =>
      new InspectionError('VIREO_LIBVIRT_TIMEOUT', `${what} of ${this.#host} did not come within ${String(ms)} ms`);
    return await withDeadline({ ms, late, signals: [given, this.#stop.signal] }, (signal) =>
      this.#documents.run(
        () =>
          until(
            this.#reading.with((connection) => fetch(connection, { deadlineMs: ms, signal })),
            signal,
          ),
        signal,
      ),
    );
  }
}
