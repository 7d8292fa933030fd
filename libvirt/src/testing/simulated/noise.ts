// SPDX-License-Identifier: Apache-2.0
// Chance that is the same every time: everything drawn follows from a seed and a name, in whatever order it is asked.

import { createHash } from 'node:crypto';

/** Draws by name. */
export class Noise {
  readonly #seed: string;
  /** A poll asks for the same few names again and again. */
  readonly #drawn = new Map<string, number>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A number from 0 up to 1. */
  fraction(name: string): number {
    const known = this.#drawn.get(name);
    if (known !== undefined) return known;
    const drawn = this.#digest(name).readUInt32BE(0) / 0x1_0000_0000;
    this.#drawn.set(name, drawn);
    return drawn;
  }

  /** A number from `low` up to `high`. */
  between(name: string, low: number, high: number): number {
    return low + this.fraction(name) * (high - low);
  }

  /** A whole number from `low` to `high`, both included. */
  integer(name: string, low: number, high: number): number {
    return Math.floor(this.between(name, low, high + 1));
  }

  /** One of the choices. */
  pick<T>(name: string, choices: readonly [T, ...T[]]): T {
    return choices[this.integer(name, 0, choices.length - 1)] ?? choices[0];
  }

  /** A random-looking UUID of version 4. */
  uuid(name: string): string {
    const hex = this.#digest(name).toString('hex');
    const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
    return [...parts, hex.slice(20, 32)].join('-');
  }

  /** A MAC address of QEMU's range. */
  mac(name: string): string {
    const bytes = this.#digest(name).subarray(0, 3);
    return ['52', '54', '00', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
  }

  #digest(name: string): Buffer {
    return createHash('sha256').update(`${this.#seed}\0${name}`).digest();
  }
}

/**
 * A counter that grows by `perSecond` on average, faster and slower in waves, and never back.
 * @param phase from 0 to 1: where in the wave it starts
 */
export function counter(seconds: number, perSecond: number, phase: number): bigint {
  const period = WAVE_SECONDS * (0.5 + phase);
  const angle = (2 * Math.PI) / period;
  // The integral of 1 + 0.7 sin(angle * t + shift), which is never below 0.3.
  const shift = 2 * Math.PI * phase;
  const wave = (Math.cos(shift) - Math.cos(angle * seconds + shift)) / angle;
  return BigInt(Math.max(0, Math.floor(perSecond * (seconds + 0.7 * wave))));
}

const WAVE_SECONDS = 240;
