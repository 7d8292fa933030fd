// SPDX-License-Identifier: Apache-2.0
// Hosts as the API shows them.

import { z } from 'zod';
import { bytes, hostName, instant } from './api-fields.ts';

const hostBriefFields = {
  host: hostName,
  uri: z.string().meta({ description: 'The connection URI, without secrets.' }),
  via: z.string().optional().meta({
    description:
      'The URI of the libvirt daemon that opens it, without secrets; absent where `uri` leads to the daemon.',
  }),
  simulated: z.boolean().meta({ description: 'Whether it is a member of the simulated fleet of --demo.' }),
  state: z.enum(['connecting', 'up', 'lost']),
  since: instant.meta({ description: 'When that state began. UTC, RFC 3339.' }),
  error: z
    .strictObject({ code: z.string(), message: z.string(), advice: z.string(), nextAttemptAt: instant })
    .optional()
    .meta({ description: 'Why it is lost.' }),
  driver: z.string().optional().meta({ description: 'QEMU, Xen, LXC, ESX ...' }),
  hypervisorVersion: z.string().optional(),
  libvirtVersion: z.string().optional(),
  domains: z
    .strictObject({ total: z.int(), byState: z.record(z.string(), z.int()) })
    .optional()
    .meta({ description: 'Counts of the domains the token may see; absent while none are known.' }),
};

/** One host in brief. */
export const hostBrief = z.strictObject(hostBriefFields).meta({ id: 'HostBrief', description: 'A host in brief.' });
/** See {@link hostBrief}. */
export type HostBrief = z.infer<typeof hostBrief>;

/** One host in full. */
export const hostFull = z
  .strictObject({
    ...hostBriefFields,
    hostname: z.string().optional().meta({ description: 'As the daemon calls the host.' }),
    node: z
      .strictObject({
        cpuModel: z.string(),
        cpus: z.int(),
        mhz: z.int().optional(),
        numaNodes: z.int(),
        socketsPerNumaNode: z.int(),
        coresPerSocket: z.int(),
        threadsPerCore: z.int(),
        memoryBytes: bytes,
        freeMemoryBytes: bytes.optional(),
      })
      .optional(),
    pools: z.array(
      z.strictObject({
        name: z.string(),
        uuid: z.string(),
        state: z.string().optional(),
        capacityBytes: bytes.optional(),
        allocationBytes: bytes.optional(),
        availableBytes: bytes.optional(),
      }),
    ),
    networks: z
      .array(
        z.strictObject({
          name: z.string(),
          uuid: z.string(),
          active: z.boolean(),
          autostart: z.boolean(),
          persistent: z.boolean(),
          bridge: z.string().optional(),
          leases: z.int().optional().meta({ description: 'Addresses its DHCP server has given out.' }),
        }),
      )
      .optional()
      .meta({ description: 'Virtual networks; absent while none are known, or the group of metrics is off.' }),
    polls: z.record(
      z.string(),
      z.strictObject({
        success: z.boolean(),
        durationSeconds: z.number(),
        lastSuccessAt: instant.optional(),
        error: z
          .strictObject({ code: z.string(), message: z.string() })
          .optional()
          .meta({ description: 'Why it failed the last time.' }),
      }),
    ),
  })
  .meta({ id: 'Host', description: 'A host in full. What libvirt did not give is absent.' });
/** See {@link hostFull}. */
export type HostFull = z.infer<typeof hostFull>;

/** The hosts a token may see. */
export const hostList = z
  .strictObject({ items: z.array(hostBrief) })
  .meta({ id: 'HostList', description: 'All hosts the token may see, by name.' });
/** See {@link hostList}. */
export type HostList = z.infer<typeof hostList>;
