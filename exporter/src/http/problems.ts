// SPDX-License-Identifier: Apache-2.0
// The error that routes throw for a problem of contract/problems.ts.

import type { ProblemCode } from '../contract/problems.ts';

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
