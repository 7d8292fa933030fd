// SPDX-License-Identifier: Apache-2.0
// Ways into the app from the rest of Grafana: a panel's menu, an alert, the command palette. Loaded with module.js, so
// nothing heavy is imported here; a test holds the links against plugin.json, without which Grafana refuses them.

import { type PluginExtensionAddedLinkConfig, PluginExtensionPoints } from '@grafana/data';
import { domainsUrl, fleetUrl, openUrl, tasksUrl } from '../urls';

/** Whom a series or an alert is about. */
export interface DomainLabels {
  readonly host: string | undefined;
  readonly domain: string;
}

/** What links read of a panel: series with labels. */
interface PanelContext {
  readonly data?: { readonly series?: ReadonlyArray<{ readonly fields?: readonly LabelledField[] }> };
}
interface LabelledField {
  readonly labels?: Readonly<Record<string, string>>;
}
/** What links read of an instance of an alert. */
interface AlertContext {
  readonly instance?: LabelledField;
}

/** The link of a panel whose series are about domains: to the one, or to those of their hosts. */
export const panelLink: PluginExtensionAddedLinkConfig<PanelContext> = {
  title: 'Open domain in Vireo',
  description: 'What the domain is doing, its XML, its actions and its console',
  icon: 'cube',
  targets: [PluginExtensionPoints.DashboardPanelMenu],
  path: fleetUrl(),
  configure: (context) => {
    const domains = domainsOf(context);
    const [first] = domains;
    if (first === undefined) {
      return undefined;
    }
    if (domains.length === 1) {
      return { path: openUrl(first) };
    }
    const hosts = [...new Set(domains.flatMap(({ host }) => (host === undefined ? [] : [host])))];
    return { path: domainsUrl(hosts.length > 0 ? { host: hosts } : {}) };
  },
};

/** The link of an alert about a domain. */
export const alertLink: PluginExtensionAddedLinkConfig<AlertContext> = {
  title: 'Open domain',
  description: 'Open the domain of this alert in Vireo',
  icon: 'cube',
  targets: [PluginExtensionPoints.AlertInstanceAction],
  path: fleetUrl(),
  configure: (context) => {
    const labels = domainLabels(context?.instance?.labels);
    return labels && { path: openUrl(labels) };
  },
};

/** Entries of the command palette. */
export const paletteLinks: readonly PluginExtensionAddedLinkConfig[] = [
  { title: 'Vireo: fleet', description: 'Hosts, and what needs attention', path: fleetUrl() },
  { title: 'Vireo: domains', description: 'Every domain of every host', path: domainsUrl() },
  { title: 'Vireo: tasks', description: 'Actions under way, and past ones', path: tasksUrl() },
].map((link) => ({ ...link, targets: [PluginExtensionPoints.CommandPalette] }));

/** The domains that a panel's series are labelled with, each once. */
function domainsOf(context: PanelContext | undefined): DomainLabels[] {
  const found = new Map<string, DomainLabels>();
  for (const series of context?.data?.series ?? []) {
    for (const { labels } of series.fields ?? []) {
      const about = domainLabels(labels);
      if (about !== undefined) {
        found.set(JSON.stringify([about.host, about.domain]), about);
      }
    }
  }
  return [...found.values()];
}

function domainLabels(labels: Readonly<Record<string, string>> | undefined): DomainLabels | undefined {
  const domain = labels?.domain;
  // Other exporters have a label of that name for other things; ours always comes with the host.
  return domain === undefined || domain === '' || labels?.host === undefined
    ? undefined
    : { host: labels.host, domain };
}
