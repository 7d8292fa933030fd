// SPDX-License-Identifier: Apache-2.0
// A value that must not reach a log, an error or a page by accident.

import { inspect } from 'node:util';

/** Holds a secret; whoever needs it says so by calling `reveal()`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
