// SPDX-License-Identifier: Apache-2.0

import { readGuestReport } from './guest-report.ts';
import type { DomainSnapshot } from './snapshot.ts';

const DOMAIN: DomainSnapshot = { uuid: 'u', name: 'web', id: 1, state: 'running', reason: 'booted' };

const read = (fields: Readonly<Record<string, number | string | boolean>>) =>
  readGuestReport(new Map(Object.entries(fields)), DOMAIN);

it('has nothing of what the agent did not say', () => {
  expect(read({})).toEqual({ responding: true });
});

it('takes no more of a guest than is good: lists, texts, duplicates', () => {
  const fields: Record<string, number | string> = {
    'fs.count': 1e9,
    hostname: 'x'.repeat(10_000),
    'user.count': 'many',
  };
  for (let i = 0; i < 1000; i++) fields[`fs.${String(i)}.mountpoint`] = i < 2 ? '/twice' : `/${String(i)}`;
  fields['fs.1.name'] = 'vdb';
  const report = read(fields);
  expect(report.fileSystems).toHaveLength(63);
  expect(report.fileSystems?.[0]).toEqual({ mountPoint: '/twice', device: 'vdb' });
  expect(report.hostname).toHaveLength(256);
  expect(report.userCount).toBeUndefined();
});
