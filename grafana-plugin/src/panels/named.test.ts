// SPDX-License-Identifier: Apache-2.0
import type { DataFrame } from '@grafana/data';
import { series, table } from '../testing/panel';
import { type DomainOptions, namedDomains, namedHosts } from './named';

const VARIABLES: Readonly<Record<string, unknown>> = {
  host: 'kvm1',
  domain: ['web-1', 'web-2'],
  all: ['kvm1', 'kvm2'],
};

function source(options: DomainOptions, frames: DataFrame[] = []) {
  return {
    options,
    data: { series: frames },
    replaceVariables: (text: string, _scoped: unknown, format?: unknown) =>
      text.replace(/\$(\w+)/g, (_whole, name: string) => (format as (value: unknown) => string)(VARIABLES[name])),
  };
}
const named = (options: DomainOptions, ...frames: DataFrame[]) => namedDomains(source(options, frames));

describe('the domains a panel is about', () => {
  it('are those of its options, with what variables hold, whatever its data says', () => {
    const other = table({ host: ['kvm9'], domain: ['other'] });
    expect(named({ host: '$host', domain: 'a b' }, other)).toEqual([{ hosts: ['kvm1'], domain: 'a b' }]);
    expect(named({ host: '$all', domain: '$domain' })).toEqual([
      { hosts: ['kvm1', 'kvm2'], domain: 'web-1' },
      { hosts: ['kvm1', 'kvm2'], domain: 'web-2' },
    ]);
  });

  it('are else the rows of its data, each once, with the host of the options where a row has none', () => {
    const frame = table({ host: ['kvm1', 'kvm1', 'kvm2'], domain: ['a', 'a', 'b'], uuid: ['1', '1', '2'] });
    expect(named({}, frame)).toEqual([
      { hosts: ['kvm1'], domain: 'a' },
      { hosts: ['kvm2'], domain: 'b' },
    ]);
    expect(named({ host: '$host' }, table({ domain: ['a', ''] }))).toEqual([{ hosts: ['kvm1'], domain: 'a' }]);
    expect(named({}, table({ uuid: ['1'], domain: ['a'] }))).toEqual([{ hosts: [], domain: '1' }]);
  });

  it('are else the labels of series, if there is a host among them', () => {
    expect(named({}, series({ host: 'kvm1', domain: 'a' }), series({ domain: 'example.org' }))).toEqual([
      { hosts: ['kvm1'], domain: 'a' },
    ]);
  });

  it('are none when nothing names any', () => {
    expect(named({ domain: ' ' }, table({ value: ['1'] }))).toEqual([]);
  });
});

it('the hosts a panel is about are those of its options, else of its data', () => {
  const frames = [table({ host: ['kvm1', 'kvm1'] }), series({ host: 'kvm2' })];
  expect(namedHosts(source({ host: '$all' }, frames))).toEqual(['kvm1', 'kvm2']);
  expect(namedHosts(source({}, frames))).toEqual(['kvm1', 'kvm2']);
});
