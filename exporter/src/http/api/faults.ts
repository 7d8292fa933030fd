// SPDX-License-Identifier: Apache-2.0
// What is wrong with a value, for whoever sent it: the keys by name, and no value, which may be a secret put in the
// wrong place.

import type { z } from 'zod';

const FAULTS_MAX = 5;
const TEXT_LENGTH_MAX = 100;

/** One line for the first few faults. `what` stands for the whole value: "the body". */
export function faultsOf(error: z.ZodError, what: string): string {
  const faults = error.issues.slice(0, FAULTS_MAX).map((issue) => {
    const where = issue.path.length === 0 ? what : shown(issue.path.join('.'));
    if (issue.code === 'unrecognized_keys') {
      return `${where} has unknown keys: ${issue.keys.slice(0, FAULTS_MAX).map(shown).join(', ')}`;
    }
    return `${where}: ${issue.message}`;
  });
  const more = error.issues.length - faults.length;
  return `${faults.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}`;
}

function shown(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}...`;
}
