// SPDX-License-Identifier: Apache-2.0
// What a host's watcher is told, besides the snapshots: one value per thing that happened. The log, and later the
// event stream, are made of these.

import type { DomainReason, DomainState } from '@vireo/libvirt';
import type { DomainTrouble, HostError, PollGroup } from './snapshot.ts';

/** The domain a change is about. */
export interface DomainIdentity {
  readonly uuid: string;
  readonly name: string;
}

/** One thing that happened at a host. */
export type HostChange =
  | { readonly kind: 'host.up'; readonly driver: string; readonly libvirtVersion: string }
  | { readonly kind: 'host.lost'; readonly error: HostError; readonly retryInMs: number }
  | { readonly kind: 'domain.added'; readonly domain: DomainIdentity; readonly state: DomainState }
  | { readonly kind: 'domain.removed'; readonly domain: DomainIdentity }
  | {
      readonly kind: 'domain.state';
      readonly domain: DomainIdentity;
      readonly from: DomainState;
      readonly to: DomainState;
      readonly reason: DomainReason;
    }
  | { readonly kind: 'domain.stuck'; readonly domain: DomainIdentity; readonly trouble: DomainTrouble }
  | { readonly kind: 'domain.recovered'; readonly domain: DomainIdentity; readonly stuckMs: number }
  | { readonly kind: 'domain.event'; readonly domain: DomainIdentity; readonly event: string; readonly detail: string }
  | { readonly kind: 'poll.failed'; readonly group: PollGroup; readonly error: HostError }
  | { readonly kind: 'poll.recovered'; readonly group: PollGroup };
