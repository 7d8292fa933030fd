// SPDX-License-Identifier: Apache-2.0
// What an alert is, before it becomes a rule of Prometheus or of Grafana.

/** `critical` wakes somebody, `warning` is for working hours, `info` is for a list. */
export type Severity = 'critical' | 'warning' | 'info';

/** One alert. */
export interface Alert {
  /** Also the name of its page in docs/runbooks. */
  readonly name: string;
  readonly severity: Severity;
  /** How long the expression must hold, as Prometheus writes it. */
  readonly for: string;
  /** PromQL that gives a series for each thing to be alerted of, and none when all is well. */
  readonly expr: string;
  /** One line; a template with `$labels` and `$value`. */
  readonly summary: string;
  /** What is wrong, and what that means; a template too. */
  readonly description: string;
  /** The dashboard that shows it, and which of its variables the labels of the alert set. */
  readonly dashboard: { readonly uid: string; readonly variables: readonly string[] };
}

/** Alerts that are evaluated together. */
export interface AlertGroup {
  readonly name: string;
  readonly alerts: readonly Alert[];
}

/** Where the page of an alert is, in this repository. */
export function runbookPath(name: string): string {
  return `docs/runbooks/${name}.md`;
}

/** The addresses that annotations link to. */
export interface LinkBases {
  /** Grafana, as people's browsers reach it, without a slash at the end. */
  readonly grafana: string;
  /** The page of an alert; `{name}` is put in for its name. */
  readonly runbook: string;
}

/** The committed files link to what docker-compose.yml publishes on the machine it runs on. */
export const DEFAULT_LINKS: LinkBases = {
  grafana: 'http://127.0.0.1:3000',
  runbook: 'http://127.0.0.1:9177/runbooks/{name}',
};

/**
 * One series for each value of the labels, however many Vireos watch the same hosts: without it two of them are two
 * alerts for one fault, and every join by `host` fails.
 */
export function once(labels: string, series: string): string {
  return `max by (${labels}) (${series})`;
}

/** The annotations of an alert, the same for Prometheus and Grafana. */
export function annotationsOf(alert: Alert, links = DEFAULT_LINKS): Record<string, string> {
  const { uid, variables } = alert.dashboard;
  const query = variables.map((label) => `var-${label}={{ $labels.${label} | urlquery }}`).join('&');
  return {
    summary: alert.summary,
    description: alert.description,
    runbook_url: links.runbook.replaceAll('{name}', alert.name),
    dashboard_url: `${links.grafana}/d/${uid}${query === '' ? '' : `?${query}`}`,
  };
}
