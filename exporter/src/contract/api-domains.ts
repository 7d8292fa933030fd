// SPDX-License-Identifier: Apache-2.0
// Domains as the API shows them. Nothing secret: graphics come without their passwords.

import { z } from 'zod';
import { bytes, counter, domainState, hostName, instant, uuid } from './api-fields.ts';
import { CONSOLE_REFUSAL_CODES, REFUSAL_CODES } from './refusals.ts';

const domainBriefFields = {
  host: hostName,
  uuid,
  name: z.string(),
  id: z.int().meta({ description: 'The hypervisor’s id: new with every start; -1 while inactive.' }),
  state: domainState,
  reason: z.string().meta({ description: 'libvirt’s reason for the state: booted, user, ioerror, saved ...' }),
  persistent: z.boolean().optional().meta({ description: 'false: it disappears when it stops.' }),
  autostart: z.boolean().optional(),
  managedSave: z.boolean().optional().meta({ description: 'true: the next start restores a saved image.' }),
  title: z.string().optional(),
  simulated: z.literal(true).optional().meta({ description: 'A domain of the simulated fleet of --demo.' }),
  driver: z.string().optional().meta({ description: 'QEMU, Xen, LXC, ESX ...' }),
  allowedActions: z.array(z.string()).meta({ description: 'Actions that this token may ask for now.' }),
  refusedActions: z
    .record(z.string(), z.string())
    .meta({ description: 'The other actions, and why each is refused now: "paused: resume first".' }),
  refusalCodes: z
    .record(z.string(), z.enum(REFUSAL_CODES))
    .meta({ description: 'The same reasons as stable codes; docs/errors.md has them.' }),
};

/** One domain in brief. */
export const domainBrief = z
  .strictObject(domainBriefFields)
  .meta({ id: 'DomainBrief', description: 'A domain in brief.' });
/** See {@link domainBrief}. */
export type DomainBrief = z.infer<typeof domainBrief>;

const disk = z.strictObject({
  targetDevice: z.string(),
  type: z.string(),
  device: z.string(),
  bus: z.string().optional(),
  driverType: z.string().optional(),
  source: z.string().optional().meta({ description: 'Path, or name in the pool or cluster.' }),
  sourceProtocol: z.string().optional(),
  serial: z.string().optional(),
  capacityBytes: bytes.optional(),
  allocationBytes: bytes.optional(),
  readBytes: counter.optional(),
  writtenBytes: counter.optional(),
});

const networkInterface = z.strictObject({
  type: z.string(),
  targetDevice: z.string().optional(),
  sourceBridge: z.string().optional(),
  macAddress: z.string().optional(),
  modelType: z.string().optional(),
  mtuBytes: z.int().optional(),
  linkState: z.string().optional(),
  addresses: z
    .array(
      z.strictObject({
        family: z.string().meta({ description: 'ipv4 or ipv6' }),
        address: z.string(),
        source: z
          .string()
          .meta({ description: 'lease: libvirt’s DHCP server; arp: seen by the host; agent: the guest says so.' }),
      }),
    )
    .optional()
    .meta({ description: 'Absent unless the group of metrics that asks for them is on.' }),
  receivedBytes: counter.optional(),
  transmittedBytes: counter.optional(),
});

const graphics = z.strictObject({
  type: z.string(),
  port: z.int().optional(),
  listen: z.string().optional(),
  socket: z.string().optional(),
});

/** One domain in full. */
export const domainFull = z
  .strictObject({
    ...domainBriefFields,
    description: z.string().optional(),
    startedAt: instant.optional().meta({
      description: 'When its hypervisor process began; absent when Vireo did not see it, as libvirt does not tell.',
    }),
    consoleSessions: z.int().nonnegative().meta({ description: 'Consoles of it that are open through Vireo now.' }),
    consoleRefusal: z.string().optional().meta({
      description: 'Why none can be opened, and what to use instead; absent where one may be tried.',
    }),
    consoleRefusalCode: z
      .enum(CONSOLE_REFUSAL_CODES)
      .optional()
      .meta({ description: 'The same as a stable code; docs/errors.md has them.' }),
    hypervisorType: z.string().optional().meta({ description: 'kvm, qemu, xen, lxc ...' }),
    os: z
      .strictObject({ type: z.string().optional(), arch: z.string().optional(), machine: z.string().optional() })
      .optional(),
    vcpus: z.strictObject({ current: z.int().optional(), maximum: z.int().optional() }),
    memory: z.strictObject({
      maximumBytes: bytes.optional(),
      currentBytes: bytes.optional(),
      unusedBytes: bytes.optional(),
      rssBytes: bytes.optional(),
    }),
    disks: z.array(disk).optional().meta({ description: 'Absent until its XML was read.' }),
    interfaces: z.array(networkInterface).optional(),
    graphics: z.array(graphics).optional(),
    guestAgentChannel: z.boolean().optional(),
    stats: z
      .strictObject({
        at: instant.optional(),
        cpuSeconds: counter.optional(),
        diskReadBytes: counter.optional(),
        diskWrittenBytes: counter.optional(),
        networkReceivedBytes: counter.optional(),
        networkTransmittedBytes: counter.optional(),
      })
      .optional()
      .meta({ description: 'Totals since it started; Prometheus has the history.' }),
    trouble: z
      .strictObject({
        since: instant,
        controlState: z.string().optional(),
        controlStateSeconds: z.number().optional(),
      })
      .optional()
      .meta({ description: 'Present while its hypervisor process does not answer.' }),
    job: z
      .strictObject({
        type: z.string(),
        fields: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
      })
      .optional()
      .meta({ description: 'The job that runs, with libvirt’s field names and units.' }),
    openstack: z
      .strictObject({
        instanceName: z.string().optional(),
        flavorName: z.string().optional(),
        userName: z.string().optional(),
        userId: z.string().optional(),
        projectName: z.string().optional(),
        projectId: z.string().optional(),
        rootType: z.string().optional(),
        rootId: z.string().optional(),
        createdAt: instant.optional(),
      })
      .optional()
      .meta({ description: 'What OpenStack Nova wrote into the metadata.' }),
  })
  .meta({ id: 'Domain', description: 'A domain in full. What libvirt did not give is absent.' });
/** See {@link domainFull}. */
export type DomainFull = z.infer<typeof domainFull>;

/** The snapshots of one domain. */
export const snapshotList = z
  .strictObject({
    items: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        createdAt: instant.optional(),
        state: z
          .string()
          .optional()
          .meta({ description: 'Of the domain at that moment: running, paused, shutoff; disk-snapshot: disks alone.' }),
        parent: z.string().optional().meta({ description: 'The snapshot it was made upon; a first one has none.' }),
        current: z.literal(true).optional().meta({ description: 'The one the domain is at.' }),
      }),
    ),
    total: z.int().meta({ description: 'How many there are; only the first 1,000 are items, with facts of 256.' }),
  })
  .meta({ id: 'SnapshotList', description: 'Snapshots of a domain, as libvirt keeps them. Checkpoints are none.' });
/** See {@link snapshotList}. */
export type SnapshotList = z.infer<typeof snapshotList>;

/** One page of domains. */
export const domainList = z
  .strictObject({
    items: z.array(domainBrief),
    total: z.int().meta({ description: 'Domains that fit, on all pages together.' }),
    nextCursor: z.string().optional().meta({ description: 'cursor= of the next page; absent on the last.' }),
  })
  .meta({ id: 'DomainList' });
/** See {@link domainList}. */
export type DomainList = z.infer<typeof domainList>;
