// SPDX-License-Identifier: Apache-2.0
// What actions need of a host; hosts/host.ts is one.

import type { Connection } from '@vireo/libvirt';
import type { ControlLane } from '../hosts/action-connection.ts';
import type { DomainListener } from '../hosts/domain-watch.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';

/** One host, for actions. */
export interface ActionHost {
  readonly name: string;
  readonly snapshot: HostSnapshot;
  /** Runs `work` with a read-write connection. */
  withControl<T>(work: (connection: Connection) => Promise<T>, lane?: ControlLane): Promise<T>;
  /** Tells what happens to one domain, and when the host is lost or up again. Returns how to stop. */
  watch(uuid: string, listener: DomainListener): () => void;
  /** Takes over what has just been read of a domain. */
  learn(uuid: string, flags: Pick<DomainSnapshot, 'persistent' | 'autostart' | 'managedSave'>): void;
}
