// SPDX-License-Identifier: Apache-2.0
// Whom a panel is about: its options, with the dashboard's variables in them, else the rows or labels of its data.

import type { DataFrame, PanelProps } from '@grafana/data';
import type { NamedDomain } from '../api/named';

/** Options of every panel about domains. */
export interface DomainOptions extends HostOptions {
  readonly domain?: string;
}
/** Options of every panel about a host. */
export interface HostOptions {
  readonly host?: string;
}
/** What is read of a panel. */
export type PanelSource<T> = Pick<PanelProps<T>, 'options' | 'replaceVariables'> & {
  readonly data: Pick<PanelProps<T>['data'], 'series'>;
};

/** The domains that are meant, each once, in order. */
export function namedDomains({ options, data, replaceVariables }: PanelSource<DomainOptions>): NamedDomain[] {
  const hosts = valuesOf(options.host, replaceVariables);
  const domains = valuesOf(options.domain, replaceVariables);
  const named =
    domains.length > 0
      ? domains.map((domain) => ({ hosts, domain }))
      : rowsOf(data.series).flatMap(({ host, domain, uuid }) => {
          // The name says more to whom it is not found for; without a host several may have it.
          const name = host === undefined ? (uuid ?? domain) : (domain ?? uuid);
          return name === undefined ? [] : [{ hosts: host === undefined ? hosts : [host], domain: name }];
        });
  return [...new Map(named.map((one) => [JSON.stringify([one.hosts, one.domain]), one])).values()];
}

/** The hosts that are meant, each once, in order. */
export function namedHosts({ options, data, replaceVariables }: PanelSource<HostOptions>): string[] {
  const hosts = valuesOf(options.host, replaceVariables);
  const named = hosts.length > 0 ? hosts : rowsOf(data.series).flatMap(({ host }) => host ?? []);
  return [...new Set(named)];
}

/** A text of the options; a variable with several values makes several. No name of libvirt's has a line break in it. */
function valuesOf(text: string | undefined, replaceVariables: PanelProps['replaceVariables']): string[] {
  const replaced = replaceVariables(text ?? '', undefined, (value: unknown) =>
    Array.isArray(value) ? value.join('\n') : String(value),
  );
  return [...new Set(replaced.split('\n').map((value) => value.trim()))].filter((value) => value !== '');
}

type Row = { readonly [name in 'host' | 'domain' | 'uuid']: string | undefined };

/** Rows of a table with such columns, or the labels of series. */
function rowsOf(frames: readonly DataFrame[]): Row[] {
  return frames.flatMap((frame): Row[] => {
    const values = (name: string) => frame.fields.find((field) => field.name === name)?.values;
    const [host, domain, uuid] = [values('host'), values('domain'), values('uuid')];
    if (host !== undefined || domain !== undefined || uuid !== undefined) {
      return Array.from({ length: frame.length }, (_, row) => ({
        host: text(host?.[row]),
        domain: text(domain?.[row]),
        uuid: text(uuid?.[row]),
      }));
    }
    return frame.fields.flatMap(({ labels }) => {
      // Other exporters have a label `domain` for other things; ours always comes with the host.
      const about = text(labels?.host);
      return about === undefined ? [] : [{ host: about, domain: text(labels?.domain), uuid: text(labels?.uuid) }];
    });
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
