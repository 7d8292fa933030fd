// SPDX-License-Identifier: Apache-2.0
// dashboards/grafana/.lint: which rules of grafana/dashboard-linter are not for these dashboards, in the form it reads.

import { stringify } from 'yaml';

const BY_HOST =
  'Every series has the label host, which is what people choose by; which Vireo it came through matters to nobody, and several may watch one host.';

/** Why, by rule. */
export const LINT_EXCLUSIONS: Readonly<Record<string, string>> = {
  'template-job-rule': BY_HOST,
  'template-instance-rule': BY_HOST,
  'target-job-rule': BY_HOST,
  'target-instance-rule': BY_HOST,
};

/** The text of the file. */
export function buildLintFile(): string {
  const exclusions = Object.fromEntries(Object.entries(LINT_EXCLUSIONS).map(([rule, reason]) => [rule, { reason }]));
  return `# Generated from dashboards/src/dashboards by npm run docs: do not edit.\n${stringify({ exclusions }, { lineWidth: 0 })}`;
}
