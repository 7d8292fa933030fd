// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'fs';
import { join } from 'path';
import { domainsUrl, openUrl } from '../urls';
import { alertLink, paletteLinks, panelLink } from './links';

const series = (...labels: Array<Record<string, string> | undefined>) => ({
  data: { series: labels.map((one) => ({ fields: [{}, { ...(one && { labels: one }) }] })) },
});
/** The part of a context that links read; Grafana's has more. */
const panel = (context: object | undefined) => panelLink.configure?.(context as never);
const alert = (context: object | undefined) => alertLink.configure?.(context as never);

describe('the link of a panel', () => {
  it('leads to the one domain its series are about', () => {
    const web = { host: 'kvm 1', domain: 'web&1', device: 'vda' };
    expect(panel(series(web, { ...web, device: 'vdb' }))).toEqual({
      path: '/a/vireo-libvirt-app/open?host=kvm+1&domain=web%261',
    });
  });

  it('leads to the domains of its hosts when there are several', () => {
    const context = series({ host: 'a', domain: 'x' }, { host: 'b', domain: 'x' }, { host: 'a', domain: 'y' });
    expect(panel(context)).toEqual({ path: domainsUrl({ host: ['a', 'b'] }) });
  });

  it.each([
    ['no context', undefined],
    ['no data', {}],
    ['no labels', series(undefined)],
    ['a domain that is of DNS', series({ domain: 'example.org' })],
  ])('is not there with %s', (_what, context) => {
    expect(panel(context)).toBeUndefined();
  });
});

describe('the link of an alert', () => {
  it('leads to its domain', () => {
    expect(alert({ instance: { labels: { host: 'h', domain: 'd', alertname: 'x' } } })).toEqual({
      path: openUrl({ host: 'h', domain: 'd' }),
    });
  });

  it.each([undefined, {}, { instance: {} }, { instance: { labels: { host: 'h' } } }])(
    'is not there with %j',
    (context) => {
      expect(alert(context)).toBeUndefined();
    },
  );
});

test('links are declared in plugin.json as they are added', () => {
  const json = JSON.parse(readFileSync(join(__dirname, '..', 'plugin.json'), 'utf8')) as {
    extensions: { addedLinks: unknown };
  };
  const added = [panelLink, alertLink, ...paletteLinks].map(({ title, description, targets }) => ({
    title,
    description,
    targets,
  }));
  expect(json.extensions.addedLinks).toEqual(added);
});
