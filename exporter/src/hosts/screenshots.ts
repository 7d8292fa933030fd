// SPDX-License-Identifier: Apache-2.0
// Pictures of domains' screens. A dashboard of many viewers asks for the same one again and again: who asks while it is
// being taken waits for it, and for a moment afterwards gets the same one.

import type { Connection, DomainRef, LibvirtStream } from '@vireo/libvirt';
import { RemoteError } from '@vireo/libvirt';
import { Gate } from './gate.ts';
import { InspectionError } from './inspection-error.ts';
import { PNG_SIGNATURE, ppmToPng } from './png.ts';
import { until, withDeadline } from './until.ts';

/** Pictures being taken at once; each may hang on a frozen QEMU. */
const WIDTH = 2;
const WAITING_MAX = 8;
/** libvirt waits 30 s for a domain's lock, then says who holds it. */
const LOCK_MS = 35_000;
/** How long that is passed on before the domain is asked again. */
const HELD_KEPT_MS = 10_000;
/** As libvirt sends it; a PPM of 2560x1600 is 12 MiB. */
export const SCREENSHOT_BYTES_MAX = 16 * 1024 * 1024;
const CACHE_BYTES_MAX = 64 * 1024 * 1024;

/** A picture of a screen. */
export interface Screenshot {
  readonly mime: 'image/png';
  readonly bytes: Buffer;
}

/** A picture that did not come in time. */
interface Late {
  /** The domain's id: one that started anew is another process. */
  readonly id: number;
  /** Where libvirt may still be at it. */
  readonly connection: Connection;
  /** Whether it has not come yet, and is still listened for. */
  isOut: boolean;
  /** Who holds the domain, as libvirt said in the end. */
  held?: RemoteError;
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
  /** By the domain's UUID. */
  readonly #late = new Map<string, Late>();

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
        this.#refuseLate(domain);
        const fetched = this.#options.with((connection) => this.#fetch(connection, domain, screen, signal));
        return await until(fetched, signal);
      }, signal),
    );
  }

  /** Another call to a QEMU that does not answer would only take another of the daemon's workers. */
  #refuseLate({ uuid, name, id }: DomainRef): void {
    const late = this.#late.get(uuid);
    if (late === undefined) return;
    if (late.held !== undefined && late.id === id) throw late.held;
    if (late.held === undefined && (late.isOut || late.connection.load.abandoned > 0)) {
      throw new InspectionError(
        'VIREO_DOMAIN_BUSY',
        `domain ${name} has not answered an earlier screenshot yet: look whether its QEMU is frozen`,
      );
    }
    this.#late.delete(uuid);
  }

  async #fetch(connection: Connection, domain: DomainRef, screen: number, signal: AbortSignal): Promise<Screenshot> {
    signal.throwIfAborted();
    const giveUp = new AbortController();
    const opening = connection.devices.screenshot(domain, screen, { deadlineMs: LOCK_MS, signal: giveUp.signal });
    const listenOn = (): void => {
      // What was sent goes on in the daemon anyway; what still waits for a slot must not be sent any more.
      if (connection.load.queued > 0) giveUp.abort(signal.reason);
      this.#listenOn(connection, domain, opening);
    };
    signal.addEventListener('abort', listenOn, { once: true });
    let opened;
    try {
      opened = await opening;
    } finally {
      signal.removeEventListener('abort', listenOn);
    }
    const bytes = await readAll(opened.stream, domain, signal);
    return await toPng(opened.mime, bytes, domain);
  }

  /** Nobody waits for the picture any more, but the answer tells that the domain answers, or who holds it. */
  #listenOn(connection: Connection, { uuid, id }: DomainRef, opening: Promise<unknown>): void {
    const late: Late = { id, connection, isOut: true };
    this.#late.set(uuid, late);
    const forget = (): void => {
      if (this.#late.get(uuid) === late) this.#late.delete(uuid);
    };
    opening.then(forget, (error: unknown) => {
      late.isOut = false;
      if (!(error instanceof RemoteError) || error.name !== 'VIR_ERR_OPERATION_TIMEOUT') return;
      late.held = error;
      setTimeout(forget, HELD_KEPT_MS).unref();
    });
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
