// SPDX-License-Identifier: Apache-2.0
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
    expect(domainFilter({ include: [], exclude: [], ...rules })(WEB)).toBe(expected);
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

  it('lets go of a domain that is renamed to what is left out', () => {
    const table = new DomainTable(() => undefined, domainFilter({ include: [{ name: 'web-*' }], exclude: [] }));
    table.applyInventory([record('web-1', UUID)], performance.now());
    table.applyEvent(record('old-1', UUID));
    expect(table.all()).toEqual([]);
  });
});
