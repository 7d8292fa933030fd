// SPDX-License-Identifier: Apache-2.0
// The links the app adds to a place of Grafana, by Grafana's rules: /extensions?point=ID lists them. Their context is that
// of a panel with the answer to `expr`, or `context` (JSON). Source: grafana/grafana
// public/app/features/plugins/extensions/{getPluginExtensions,validators}.ts.
import type { AppPlugin, PluginExtensionAddedLinkConfig } from '@grafana/data';
import { locationService } from '@grafana/runtime';
import type { ReactElement } from 'react';
import { Link } from 'react-router-dom';
import { bootData } from './boot-data.ts';
import { usePanelQuery } from './panel-query.ts';

interface Declared {
  readonly extensions?: {
    readonly addedLinks?: readonly { readonly title: string; readonly targets: string | readonly string[] }[];
  };
}

const { plugin: meta } = bootData.lab;

function isDeclared({ title, targets }: PluginExtensionAddedLinkConfig): boolean {
  const { addedLinks = [] } = (meta as Declared).extensions ?? {};
  const declared = addedLinks.find((link) => link.title === title);
  return [targets].flat().every((target) => [declared?.targets ?? []].flat().includes(target));
}

/** What is shown of one link; undefined when it does not want to be there. */
function resolve(link: PluginExtensionAddedLinkConfig, context: object): { title: string; path: string } | undefined {
  if (!isDeclared(link)) throw new Error(`"${link.title}" is not in plugin.json as it is added`);
  const changes = link.configure === undefined ? {} : link.configure(context);
  if (changes === undefined) return undefined;
  const { title, path = '' } = { ...link, ...changes };
  if (!path.startsWith(`/a/${meta.id}/`)) throw new Error(`"${title}" leads out of the app: ${path}`);
  return { title, path };
}

/** See the head of this file. */
export function ExtensionLinks({ plugin }: { readonly plugin: AppPlugin }): ReactElement {
  const search = locationService.getSearch();
  const data = usePanelQuery(search.get('expr'), 'prometheus', true);
  const context = { data, ...(JSON.parse(search.get('context') ?? '{}') as object) };
  const links = plugin.addedLinkConfigs
    .filter(({ targets }) => [targets].flat().includes(search.get('point') ?? ''))
    .flatMap((link) => resolve(link, context) ?? []);
  return (
    <ul>
      {links.map(({ title, path }) => (
        <li key={title}>
          <Link to={path}>{title}</Link>
        </li>
      ))}
    </ul>
  );
}
