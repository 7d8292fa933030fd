// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration, one line each.

/** Most problems told at once; a file that is no configuration at all would otherwise fill the screen. */
const PROBLEMS_MAX = 50;

/** The configuration cannot be used. Print `problems`, one a line, and exit 2. Holds no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One line each: where, which key, what is wrong, what is allowed. Never empty. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const told = problems.slice(0, PROBLEMS_MAX);
    const untold = problems.length - told.length;
    if (untold > 0) told.push(`... and ${String(untold)} more problems`);
    super(told.join('\n'));
    this.problems = told;
  }
}
