// SPDX-License-Identifier: Apache-2.0
// A domain's snapshots as the API shows them.

import type { SnapshotList } from '../../contract/api-domains.ts';
import type { SnapshotList as ListedSnapshots } from '../../hosts/snapshot-list.ts';
import { given, instantOf } from './host-views.ts';

/** The last second that JavaScript has a date for. */
const SECONDS_MAX = 8.64e12;

/** The snapshots of a domain. */
export function viewSnapshots({ items, total }: ListedSnapshots): SnapshotList {
  return {
    items: items.map(({ name, description, createdAt, state, parent, current }) => ({
      name,
      ...given('description', description),
      ...(createdAt === undefined || createdAt > SECONDS_MAX ? {} : { createdAt: instantOf(createdAt * 1000) }),
      ...given('state', state),
      ...given('parent', parent),
      ...given('current', current),
    })),
    total,
  };
}
