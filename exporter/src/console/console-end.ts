// SPDX-License-Identifier: Apache-2.0
// Why a session ends, thrown from wherever it is found out. The detail is shown to the operator: no secrets.

import { CONSOLE_ENDS } from '../contract/console.ts';
import type { ConsoleEndName } from '../contract/console.ts';

/** Most bytes of a reason in a WebSocket's close frame (RFC 6455, 5.5.1). */
const REASON_BYTES_MAX = 123;

/** The end of a session. */
export class ConsoleEnd extends Error {
  override readonly name = 'ConsoleEnd';
  readonly end: ConsoleEndName;
  /** What exactly happened; may be empty. */
  readonly detail: string;

  constructor(end: ConsoleEndName, detail = '', options?: ErrorOptions) {
    super(detail === '' ? end : `${end}: ${detail}`, options);
    this.end = end;
    this.detail = detail;
  }

  /** For the close frame: as much of the sentences as fits. */
  get reason(): string {
    const { meaning } = CONSOLE_ENDS[this.end];
    return fit(this.detail === '' ? meaning : `${meaning} ${this.detail}`);
  }

  get code(): number {
    return CONSOLE_ENDS[this.end].code;
  }
}

function fit(text: string): string {
  const clean = text.replaceAll(/\p{Cc}+/gu, ' ');
  if (Buffer.byteLength(clean) <= REASON_BYTES_MAX) return clean;
  let kept = '';
  let bytes = Buffer.byteLength('…');
  for (const character of clean) {
    bytes += Buffer.byteLength(character);
    if (bytes > REASON_BYTES_MAX) break;
    kept += character;
  }
  return `${kept}…`;
}
