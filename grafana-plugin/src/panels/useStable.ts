// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';

/** The same value as long as it says the same: panels are given new objects whenever anything on their dashboard changes. */
export function useStable<T>(value: T): T {
  const text = JSON.stringify(value);
  const [kept, keep] = useState({ text, value });
  if (kept.text !== text) {
    keep({ text, value });
    return value;
  }
  return kept.value;
}
