// SPDX-License-Identifier: Apache-2.0
// Pictures of domains' screens. A dashboard of many viewers asks for the same one again and again: who asks while it is
// being taken waits for it, and for a moment afterwards gets the same one.

import type { Connection, DomainRef, LibvirtStream } from '@vireo/libvirt';
import { AbortError, TimeoutError } from '@vireo/libvirt';
import { Gate } from './gate.ts';
import { InspectionError } from './inspection-error.ts';
import { PNG_SIGNATURE, ppmToPng } from './png.ts';
import { until, withDeadline } from './until.ts';

/** Pictures being taken at once; each may hang on a frozen QEMU. */
const WIDTH = 2;
const WAITING_MAX = 8;
/** As libvirt sends it; a PPM of 2560x1600 is 12 MiB. */
export const SCREENSHOT_BYTES_MAX = 16 * 1024 * 1024;
const CACHE_BYTES_MAX = 64 * 1024 * 1024;

/** A picture of a screen. */
export interface Screenshot {
  readonly mime: 'image/png';
  readonly bytes: Buffer;
}

/** Everything {@link Screenshots} needs. */
export interface ScreenshotsOptions {
  /** The host's name, for messages. */
  readonly host: string;
  /** Runs work on a read-write connection: libvirt refuses a screenshot to readers. */
  readonly with: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;
  readonly deadlineMs: number;
  readonly cacheMs: number;
  /** The host is no longer watched. */
  readonly stop: AbortSignal;
}

/** Takes, shares and for a moment keeps pictures of one host's domains. */
export class Screenshots {
  readonly #options: ScreenshotsOptions;
  readonly #gate: Gate;
  readonly #underWay = new Map<string, Promise<Screenshot>>();
  readonly #cache = new Map<string, Screenshot>();
  #cacheBytes = 0;
  /** Domains whose picture did not come in time, and where libvirt may still be at it. */
  readonly #hung = new Map<string, Connection>();

  constructor(options: ScreenshotsOptions) {
    this.#options = options;
    this.#gate = new Gate({ what: `screenshots of ${options.host}`, width: WIDTH, waitingMax: WAITING_MAX });
  }

  /**
   * The picture of a screen. See `HostInspection.screenshot`. When `signal` ends the wait, the picture is taken all the
   * same: the daemon is at it already, and others may want it.
   */
  async take(domain: DomainRef, screen: number, signal?: AbortSignal): Promise<Screenshot> {
    signal?.throwIfAborted();
    // With the id: a domain that started anew shows another screen.
    const key = `${domain.uuid} ${String(domain.id)} ${String(screen)}`;
    const kept = this.#cache.get(key);
    if (kept !== undefined) return kept;
    const picture = this.#underWay.get(key) ?? this.#begin(key, domain, screen);
    return await (signal === undefined ? picture : until(picture, signal));
  }

  #begin(key: string, domain: DomainRef, screen: number): Promise<Screenshot> {
    const picture = this.#take(domain, screen)
      .then((taken) => {
        this.#keep(key, taken);
        return taken;
      })
      .finally(() => {
        this.#underWay.delete(key);
      });
    this.#underWay.set(key, picture);
    return picture;
  }

  async #take(domain: DomainRef, screen: number): Promise<Screenshot> {
    const { deadlineMs: ms, stop } = this.#options;
    const late = (): Error => {
      const message = `the screenshot of ${domain.name} was not there within ${String(ms)} ms`;
      return new InspectionError('VIREO_LIBVIRT_TIMEOUT', message);
    };
    return await withDeadline({ ms, late, signals: [stop] }, (signal) =>
      this.#gate.run(async () => {
        this.#refuseHung(domain);
        const fetched = this.#options.with((connection) => this.#fetch(connection, domain, screen, signal));
        return await until(fetched, signal);
      }, signal),
    );
  }

  /** Another call to a QEMU that does not answer would only take another of the daemon's workers. */
  #refuseHung(domain: DomainRef): void {
    const connection = this.#hung.get(domain.uuid);
    if (connection === undefined) return;
    if (connection.load.abandoned > 0) {
      throw new InspectionError(
        'VIREO_DOMAIN_BUSY',
        `domain ${domain.name} has not answered an earlier screenshot yet: look whether its QEMU is frozen`,
      );
    }
    this.#hung.delete(domain.uuid);
  }

  async #fetch(connection: Connection, domain: DomainRef, screen: number, signal: AbortSignal): Promise<Screenshot> {
    signal.throwIfAborted();
    let opened;
    try {
      const { deadlineMs } = this.#options;
      opened = await connection.devices.screenshot(domain, screen, { deadlineMs, signal });
    } catch (error) {
      // Neither of the two clocks is sure to be first.
      if (error instanceof TimeoutError || error instanceof AbortError) this.#hung.set(domain.uuid, connection);
      throw error;
    }
    const bytes = await readAll(opened.stream, domain, signal);
    return await toPng(opened.mime, bytes, domain);
  }

  #keep(key: string, picture: Screenshot): void {
    this.#cache.set(key, picture);
    this.#cacheBytes += picture.bytes.length;
    setTimeout(() => {
      this.#drop(key, picture);
    }, this.#options.cacheMs).unref();
    // Oldest first.
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cacheBytes <= CACHE_BYTES_MAX) break;
      this.#cache.delete(oldest);
      this.#cacheBytes -= bytes.length;
    }
  }

  #drop(key: string, picture: Screenshot): void {
    if (this.#cache.get(key) !== picture) return;
    this.#cache.delete(key);
    this.#cacheBytes -= picture.bytes.length;
  }
}

/** A stream's bytes; it has been finished or aborted when this settles, so libvirt holds no file for it. */
async function readAll(stream: LibvirtStream, { name }: DomainRef, signal: AbortSignal): Promise<Buffer> {
  const abort = (): void => {
    stream.destroy(signal.reason as Error);
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > SCREENSHOT_BYTES_MAX) {
        const most = String(SCREENSHOT_BYTES_MAX / 1024 ** 2);
        throw new InspectionError('VIREO_LIBVIRT', `the screenshot of ${name} is larger than ${most} MiB`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  } finally {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  }
}

/** What a browser is given must be what it is said to be, whatever the daemon calls it. */
async function toPng(mime: string | null, bytes: Buffer, { name }: DomainRef): Promise<Screenshot> {
  if (bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return { mime: 'image/png', bytes };
  if (bytes.subarray(0, 2).toString('latin1') === 'P6') {
    try {
      return { mime: 'image/png', bytes: await ppmToPng(bytes) };
    } catch (error) {
      throw new InspectionError('VIREO_LIBVIRT', `the screenshot of ${name} cannot be read`, { cause: error });
    }
  }
  const kind = mime === null ? 'of no type' : JSON.stringify(mime.slice(0, 80));
  throw new InspectionError('VIREO_UNSUPPORTED', `the screenshot of ${name} is ${kind}, neither PNG nor PPM`);
}
