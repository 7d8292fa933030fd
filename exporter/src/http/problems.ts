// SPDX-License-Identifier: Apache-2.0
// Every problem the HTTP side can answer with: its stable code, status, and what docs/errors.md says of it. A published
// code is never reused.

/** What one code means. */
export interface ProblemDoc {
  readonly status: number;
  readonly meaning: string;
  /** What the reader does about it. */
  readonly advice: string;
}

/** Every problem code of HTTP. */
export const PROBLEMS = {
  VIREO_HTTP_NOT_FOUND: {
    status: 404,
    meaning: 'There is nothing at this path.',
    advice: 'Open / for what there is.',
  },
  VIREO_HTTP_METHOD: {
    status: 405,
    meaning: 'The path does not take this method.',
    advice: 'Use a method of the Allow header.',
  },
  VIREO_HTTP_BAD_REQUEST: {
    status: 400,
    meaning: 'The request cannot be understood.',
    advice: 'Correct what the detail names; the same request fails again.',
  },
  VIREO_HOST_UNKNOWN: {
    status: 404,
    meaning: 'No host of this name is configured.',
    advice: 'Use a name of the configuration, as the page / lists them; a URI or an address is no name.',
  },
  VIREO_NOT_READY: {
    status: 503,
    meaning: 'Some hosts are still in their first attempt to connect.',
    advice: 'Wait: every attempt ends by its deadline, in success or not.',
  },
  VIREO_BUSY: {
    status: 503,
    meaning: 'More scrapes are under way than are served at once.',
    advice: 'Repeat after Retry-After; look for a scraper that does not read its answers.',
  },
  VIREO_INTERNAL: {
    status: 500,
    meaning: 'A fault in Vireo.',
    advice: 'Look for the requestId in the log and report that line.',
  },
} as const satisfies Record<string, ProblemDoc>;
/** One of {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Thrown by a route; the error middleware turns it into problem+json. The detail is shown to whoever asked. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }
}
