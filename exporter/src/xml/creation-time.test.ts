// SPDX-License-Identifier: Apache-2.0

import { parseCreationTime } from './creation-time.ts';

it('reads when a snapshot was made, and nothing of one that does not say', () => {
  const xml = '<domainsnapshot><name>a</name><creationTime>1700000000</creationTime><domain/></domainsnapshot>';
  expect(parseCreationTime(xml)).toBe(1_700_000_000);
  expect(parseCreationTime('<domainsnapshot><creationTime>soon</creationTime></domainsnapshot>')).toBeUndefined();
  expect(parseCreationTime('<domaincheckpoint/>')).toBeUndefined();
});
