// SPDX-License-Identifier: Apache-2.0
// `npm run -s rules -- FLAGS`: the alert rules with links to the reader's own Grafana and runbooks, on stdout.

import { parseArgs } from 'node:util';
import { DEFAULT_LINKS } from './alerts/alert.ts';
import type { LinkBases } from './alerts/alert.ts';
import { buildGrafanaRules } from './alerts/grafana-rules.ts';
import { buildPrometheusRules } from './alerts/prometheus-rules.ts';

const FORMATS: ReadonlyMap<string, (links: LinkBases) => string> = new Map([
  ['prometheus', buildPrometheusRules],
  ['grafana', buildGrafanaRules],
]);

const USAGE =
  'usage: npm run -s rules -- [--format=prometheus|grafana] [--grafana.url=URL] [--runbook.url=URL with {name} in it]';

/** The rules as the flags want them; throws what is wrong with them. */
function rules(flags: readonly string[]): string {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      format: { type: 'string', default: 'prometheus' },
      'grafana.url': { type: 'string', default: DEFAULT_LINKS.grafana },
      'runbook.url': { type: 'string', default: DEFAULT_LINKS.runbook },
    },
  });
  const build = FORMATS.get(values.format);
  if (build === undefined) throw new Error(`--format=${values.format} is not allowed`);
  return build({
    grafana: address('grafana.url', values['grafana.url']).replace(/\/+$/, ''),
    runbook: address('runbook.url', values['runbook.url']),
  });
}

/** Links without a scheme lead nowhere from a mail, and one without {name} is the same for every alert. */
function address(flag: string, value: string): string {
  if (!/^https?:\/\/[^\s/]+(\/\S*)?$/.test(value))
    throw new Error(`--${flag}=${value} must begin with https:// or http://`);
  if (flag === 'runbook.url' && !value.includes('{name}')) {
    throw new Error(`--${flag}=${value} must have {name} where the alert's name belongs`);
  }
  return value;
}

try {
  process.stdout.write(rules(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 2;
}
