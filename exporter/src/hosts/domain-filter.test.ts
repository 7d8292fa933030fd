// SPDX-License-Identifier: Apache-2.0
import { parseDomainXml } from '../xml/domain-xml.ts';
import { domainFilter } from './domain-filter.ts';
import { DomainTable } from './domain-table.ts';
import type { HostChange } from './changes.ts';

const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const OTHER = '11111111-f6a4-8304-79aa-97f2502e193f';
const WEB = { name: 'web-1', uuid: UUID };

describe('domainFilter', () => {
  it.each([
    ['without rules', {}, true],
    ['with a name that fits', { include: [{ name: 'web-*' }] }, true],
    ['with a name that does not', { include: [{ name: 'Web-*' }] }, false],
    ['with one rule of several', { include: [{ name: 'db' }, { uuid: UUID }] }, true],
    ['with a rule of which only half fits', { include: [{ name: 'web-*', uuid: OTHER }] }, false],
    ['excluded by name', { exclude: [{ name: '*-1' }] }, false],
    ['excluded by UUID though included', { include: [{ name: '*' }], exclude: [{ uuid: UUID }] }, false],
    ['with others excluded', { exclude: [{ name: 'db' }] }, true],
  ])('decides %s', (_, rules, expected) => {
    expect(domainFilter({ include: [], exclude: [], ...rules }).watches(WEB)).toBe(expected);
  });
});

const TIER = { xpath: '/domain/metadata/s:app/s:tier', namespaces: { s: 'urn:shop' } };
const OWNED = { metadata: TIER };
const GOLD = { metadata: { ...TIER, value: 'gold*' } };

function xmlSaying(name: string, uuid: string, tier?: string, filter = domainFilter({ include: [], exclude: [] })) {
  const metadata =
    tier === undefined ? '' : `<metadata><x:app xmlns:x='urn:shop'><x:tier>${tier}</x:tier></x:app></metadata>`;
  const xml = `<domain type='kvm'><name>${name}</name><uuid>${uuid}</uuid>${metadata}</domain>`;
  return parseDomainXml(xml, [], filter.paths);
}

describe('a filter by metadata', () => {
  it.each([
    ['before the XML is known', { include: [GOLD] }, null, undefined],
    ['when the value fits', { include: [GOLD] }, 'gold-1', true],
    ['when it does not', { include: [GOLD] }, 'lead', false],
    ['when there is none', { include: [OWNED] }, undefined, false],
    ['when there is any', { include: [OWNED] }, 'lead', true],
    ['when what fits is left out', { exclude: [GOLD] }, 'gold', false],
    ['when what is left out is not known yet', { exclude: [GOLD] }, null, undefined],
    ['without the XML where another rule does', { include: [GOLD, { name: 'web-*' }] }, null, true],
    ['without the XML where the name forbids it', { include: [{ ...GOLD, name: 'db' }] }, null, false],
    ['without the XML where another rule forbids it', { include: [GOLD], exclude: [{ name: 'web-1' }] }, null, false],
  ])('decides %s', (_, rules, tier, expected) => {
    const filter = domainFilter({ include: [], exclude: [], ...rules });
    const values = tier === null ? undefined : xmlSaying('web-1', UUID, tier, filter).ruleValues;
    expect(filter.watches(WEB, values)).toBe(expected);
  });
});

describe('a table of domains with a filter', () => {
  const record = (name: string, uuid: string) =>
    ({ domain: { name, uuid, id: 1 }, state: 'running', reason: 'booted' }) as const;

  it('has only the domains that are watched, and counts the others', () => {
    const changes: HostChange[] = [];
    const table = new DomainTable(
      (change) => changes.push(change),
      domainFilter({ include: [], exclude: [{ name: 'test-*' }] }),
    );
    table.applyInventory([record('web-1', UUID), record('test-1', OTHER)], performance.now());
    expect(table.all().map(({ name }) => name)).toEqual(['web-1']);
    expect(table.leftOut).toBe(1);
    table.applyEvent(record('test-2', OTHER));
    expect(table.all()).toHaveLength(1);
    expect(changes).toEqual([]);
  });

  it('has a domain once its XML says so, keeps it until it says otherwise, and tells of neither at the beginning', () => {
    const changes: HostChange[] = [];
    const filter = domainFilter({ include: [GOLD], exclude: [] });
    const table = new DomainTable((change) => changes.push(change), filter);
    const inventory = [record('web-1', UUID), record('db-1', OTHER)];
    table.applyInventory(inventory, performance.now());
    expect(table.all()).toEqual([]);
    expect(table.unseen().map(({ name }) => name)).toEqual(['web-1', 'db-1']);
    expect(table.leftOut).toBe(2);
    expect(table.setXml(UUID, xmlSaying('web-1', UUID, 'gold', filter))).toBe(true);
    expect(table.setXml(OTHER, xmlSaying('db-1', OTHER, 'lead', filter))).toBe(false);
    expect(table.get(UUID)).toMatchObject({ name: 'web-1', state: 'running', xml: { name: 'web-1' } });
    // The next polls know no more than the first, and nothing changes: its XML has spoken.
    for (let poll = 0; poll < 3; poll++) table.applyInventory(inventory, performance.now());
    expect(table.all().map(({ name }) => name)).toEqual(['web-1']);
    expect(table.leftOut).toBe(1);
    expect(changes).toEqual([]);
    table.setXml(UUID, xmlSaying('web-1', UUID, undefined, filter));
    table.setXml(OTHER, xmlSaying('db-1', OTHER, 'gold', filter));
    expect(table.all().map(({ name }) => name)).toEqual(['db-1']);
    expect(changes.map(({ kind }) => kind)).toEqual(['domain.removed', 'domain.added']);
  });

  it('forgets what the XML of a domain said that is gone', () => {
    const filter = domainFilter({ include: [], exclude: [GOLD] });
    const table = new DomainTable(() => undefined, filter);
    table.applyInventory([record('web-1', UUID)], performance.now());
    table.setXml(UUID, xmlSaying('web-1', UUID, 'lead', filter));
    expect(table.all()).toHaveLength(1);
    table.applyInventory([], performance.now());
    expect([table.all(), table.unseen()]).toEqual([[], []]);
    table.applyInventory([record('web-1', UUID)], performance.now());
    expect(table.all()).toEqual([]);
    table.removeByEvent(UUID);
    expect(table.unseen()).toEqual([]);
  });

  it('lets go of a domain that is renamed to what is left out', () => {
    const table = new DomainTable(() => undefined, domainFilter({ include: [{ name: 'web-*' }], exclude: [] }));
    table.applyInventory([record('web-1', UUID)], performance.now());
    table.applyEvent(record('old-1', UUID));
    expect(table.all()).toEqual([]);
  });
});
