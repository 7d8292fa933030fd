// SPDX-License-Identifier: Apache-2.0
// Parts of PromQL that need care. Without Grafana, so that query builders are tested alone.

/** A text as PromQL writes a string. A dollar would begin a variable of Grafana's; written so it is none. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\$/g, '\\x24');
}
