// SPDX-License-Identifier: Apache-2.0

import { parseSnapshotXml } from './snapshot-xml.ts';

it('reads what a snapshot says of itself, and nothing of the domain in it', () => {
  const xml = `<domainsnapshot><name>b</name><description>before the upgrade</description><state>running</state>
    <parent><name>a</name></parent><creationTime>1700000000</creationTime>
    <domain><name>web-1</name><description>a shop</description></domain></domainsnapshot>`;
  expect(parseSnapshotXml(xml)).toEqual({
    description: 'before the upgrade',
    createdAt: 1_700_000_000,
    state: 'running',
    parent: 'a',
  });
});

it('leaves out what a snapshot does not say', () => {
  expect(parseSnapshotXml('<domainsnapshot><name>a</name><domain/></domainsnapshot>')).toEqual({});
});
