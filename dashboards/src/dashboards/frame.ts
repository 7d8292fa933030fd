// SPDX-License-Identifier: Apache-2.0
// What all our dashboards share: data sources and hosts to choose, links to each other, events of domains as
// annotations.

import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { appDomains, appFleet, appHost } from '../app-links.ts';
import { fact } from '../metric.ts';
import { LOKI, PROMETHEUS } from '../panels/queries.ts';
import type { Panel } from '../panels/panels.ts';

/** On every dashboard of ours, which is how they find each other. */
export const TAG = 'vireo';

/** Matchers for the variables of a dashboard. */
export const HOST = { host: '=~"$host"' };
/** See {@link HOST}. */
export const DOMAIN = { host: '=~"$host"', domain: '=~"$domain"' };

/** A headline and the panels below it. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** One dashboard. */
export interface DashboardSpec {
  /** Also the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** How many hosts and domains it is about: `one` has no "all". */
  readonly host: 'one' | 'many' | 'none';
  readonly domain: 'one' | 'many' | 'none';
  readonly sections: readonly Section[];
}

/** A link to a dashboard for the row that was clicked. */
export function rowLink(title: string, uid: string, ...labels: string[]): { title: string; url: string } {
  const variables = labels.map((label) => `var-${label}=\${__data.fields.${label}}`).join('&');
  return { title, url: `/d/${uid}?${variables}&\${__url_time_range}&\${datasource:queryparam}` };
}

/** A `var-datasource` is needed wherever a link is made by hand; {@link rowLink} adds it. */
function dataSource(name: string, label: string, type: string): dashboard.DatasourceVariableBuilder {
  return new dashboard.DatasourceVariableBuilder(name).label(label).type(type);
}

function labelVariable(
  label: 'host' | 'domain',
  title: string,
  series: string,
  many: boolean,
): dashboard.QueryVariableBuilder {
  const builder = new dashboard.QueryVariableBuilder(label)
    .label(title)
    .datasource(PROMETHEUS)
    .query({ query: `label_values(${series}, ${label})`, refId: label })
    .definition(`label_values(${series}, ${label})`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(many);
  return many
    ? builder.includeAll(true).allValue('.+').current({ text: 'All', value: '$__all', selected: true })
    : builder;
}

/** What happened to domains and what somebody asked for, as Vireo logged it. */
function annotations({ host, domain }: DashboardSpec): dashboard.AnnotationQueryBuilder[] {
  const hosts = host === 'none' ? '' : ', host=~"$host"';
  const named = domain === 'none' ? '' : ' | domain=~"$domain"';
  const text = ' | json | line_format `{{.msg}}`';
  const of = (name: string, color: string, events: string): dashboard.AnnotationQueryBuilder =>
    new dashboard.AnnotationQueryBuilder()
      .name(name)
      .datasource(LOKI)
      .enable(true)
      .hide(false)
      .iconColor(color)
      .expr(`{service_name="vireo"${hosts}, event=~"${events}"}${named}${text}`)
      .titleFormat('{{event}}')
      .tagKeys('host,domain');
  return [
    of('States of domains', 'blue', 'domain.state|domain.stuck|domain.recovered'),
    of('Actions', 'purple', 'action.accepted|action.succeeded|action.failed|action.timed_out|action.unknown'),
    of('Hosts', 'red', 'host.lost|host.up'),
  ];
}

/** The page of the app about what is chosen. A domain is found by its name: its UUID is no variable. */
function appLink({ host, domain }: DashboardSpec): string {
  if (host !== 'one') return appFleet();
  return domain === 'one'
    ? appDomains('${host:percentencode}', '${domain:percentencode}')
    : appHost('${host:percentencode}');
}

/** A dashboard as Grafana's files have it. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is for Grafana 13 alone
export type ClassicDashboard = dashboard.Dashboard;

/** Builds the JSON of a dashboard, in the classic model that Grafana 11 to 13 load. */
export function buildDashboard(spec: DashboardSpec): ClassicDashboard {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is for Grafana 13 alone
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder('Vireo')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    )
    .link(
      new dashboard.DashboardLinkBuilder('App')
        .type(dashboard.DashboardLinkType.Link)
        .icon('external link')
        .tooltip('The same in the Grafana app of Vireo, where it is installed: XML, actions, consoles')
        .url(appLink(spec)),
    )
    .withVariable(dataSource('datasource', 'Data source', 'prometheus'))
    .withVariable(dataSource('loki', 'Logs', 'loki'))
    .annotations(annotations(spec));
  if (spec.host !== 'none') {
    builder.withVariable(labelVariable('host', 'Host', fact('libvirt_up'), spec.host === 'many'));
  }
  if (spec.domain !== 'none') {
    builder.withVariable(
      labelVariable('domain', 'Domain', fact('libvirt_domain_active', HOST), spec.domain === 'many'),
    );
  }
  let id = 0;
  for (const { title, panels } of spec.sections) {
    id += 1;
    builder.withRow(new dashboard.RowBuilder(title).id(id));
    for (const panel of panels) {
      id += 1;
      const numbered = { ...panel.build(), id };
      builder.withPanel({ build: () => numbered });
    }
  }
  return builder.build();
}
