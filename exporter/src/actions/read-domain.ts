// SPDX-License-Identifier: Apache-2.0
// What a domain is at this moment, asked of libvirt and not of a snapshot. None of these calls needs the hypervisor
// process, so they answer while it does not.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef } from '@vireo/libvirt';
import type { ActionId } from '../contract/actions.ts';
import { fetchState } from '../hosts/inventory.ts';
import type { DomainFacts } from './catalogue.ts';

/** A domain as just read. */
export interface Reading extends DomainFacts {
  readonly ref: DomainRef;
}

/** Reads what the verdict on `action` depends on, and its goal; null when there is no such domain. */
export async function readDomain(
  connection: Connection,
  uuid: string,
  action: ActionId,
  options: CallOptions,
): Promise<Reading | null> {
  const urgent: CallOptions = { ...options, lane: 'urgent' };
  const { domains } = connection;
  try {
    const ref = await domains.lookupByUuid(uuid, urgent);
    const record = await fetchState(connection, ref, urgent);
    if (record === null) return null;
    const reading = { ref, id: ref.id, state: record.state, reason: record.reason };
    // The less it asks, the less can keep a force off waiting.
    if (action === 'destroy') return reading;
    const [persistent, managedSave, autostart] = await Promise.all([
      known(domains.isPersistent(ref, urgent)),
      known(domains.hasManagedSave(ref, urgent)),
      action === 'autostart' ? known(domains.autostart(ref, urgent)) : undefined,
    ]);
    return {
      ...reading,
      ...(persistent === undefined ? {} : { persistent }),
      ...(managedSave === undefined ? {} : { managedSave }),
      ...(autostart === undefined ? {} : { autostart }),
    };
  } catch (error) {
    if (error instanceof RemoteError && error.name === 'VIR_ERR_NO_DOMAIN') return null;
    throw error;
  }
}

/** A flag, or undefined where the driver has no such thing. */
async function known(question: Promise<boolean>): Promise<boolean | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof RemoteError && error.name !== 'VIR_ERR_NO_DOMAIN') return undefined;
    throw error;
  }
}
