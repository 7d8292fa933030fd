// SPDX-License-Identifier: Apache-2.0
// The configuration file's keys: type, range and one line of help each. docs/configuration.md is checked against this
// file, and messages about wrong values are made from it.

import { z } from 'zod';
import { apiSchema } from './api-schema.ts';
import { consoleSchema, hostConsoleSchema } from './console-schema.ts';
import { LOG_LEVELS } from './config.ts';
import { KEY_DOCS, count, seconds } from './key-docs.ts';
import { metadataSchema } from './metadata-config.ts';
import { domainsSchema, groupsSchema } from './watching-schema.ts';

/** Longest host name, as in DNS. */
export const HOST_NAME_LENGTH_MAX = 253;

// Letters, marks, digits, punctuation, symbols; spaces only inside.
const HOST_NAME = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+(?: +[\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u;

const credentialsSchema = z
  .strictObject({
    username: z
      .string()
      .min(1)
      .register(KEY_DOCS, { secret: true, allowed: 'a user name', help: 'The user the daemon is told.' }),
    password_file: z
      .string()
      .min(1)
      .register(KEY_DOCS, {
        secret: true,
        allowed: 'the path of a file',
        help: 'File that holds the password; a relative path starts at the directory of the configuration file.',
      })
      .optional(),
    password_env: z
      .string()
      .regex(/^[A-Za-z_]\w*$/)
      .register(KEY_DOCS, {
        secret: true,
        allowed: 'the name of an environment variable',
        help: 'Environment variable that holds the password.',
      })
      .optional(),
  })
  .register(KEY_DOCS, {
    secret: true,
    allowed: 'a mapping with username and either password_file or password_env',
    help: 'What to answer a daemon that asks for a user and password (SASL).',
  });

const hostSchema = z
  .strictObject({
    name: z
      .string()
      .max(HOST_NAME_LENGTH_MAX)
      .regex(HOST_NAME)
      .register(KEY_DOCS, {
        allowed: `1 to ${String(HOST_NAME_LENGTH_MAX)} printable characters without spaces around them, in quotes when YAML would read a number`,
        help: 'The value of the label `host`; no two hosts share one.',
      }),
    uri: z.string().min(1).register(KEY_DOCS, {
      secret: true,
      allowed: 'a libvirt connection URI such as qemu:///system or qemu+ssh://root@kvm1/system',
      help: 'The libvirt connection URI, without a password.',
    }),
    via: z
      .string()
      .min(1)
      .register(KEY_DOCS, {
        secret: true,
        allowed: 'the URI of a libvirt daemon such as qemu:///system or qemu+ssh://root@kvm1/system',
        help: 'The daemon that opens `uri` for us, where its driver lives in libvirt’s C library: VMware ESX and vCenter (`esx`, `vpx`), Hyper-V, VirtualBox, VMware Workstation and Player; docs/hypervisors.md.',
      })
      .optional(),
    credentials: credentialsSchema.optional(),
    console: hostConsoleSchema.optional(),
    groups: groupsSchema('As `groups` below, for this host alone.').optional(),
    domains: domainsSchema('As `domains` below, for this host, instead of those.').optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping with name and uri', help: 'One hypervisor to watch.' });

const pollSchema = z
  .strictObject({
    intervalSeconds: seconds(1, 3600, 'How often every host is polled.'),
    statisticsDeadlineSeconds: seconds(
      0.1,
      60,
      'How long one statistics call may take before its domains go to quarantine; at most the interval.',
    ),
    chunkDomains: count(1, 1024, 'How many domains one statistics call asks for.'),
    staleAfterPolls: count(1, 1000, 'For how many polls the series of a lost host outlive it.'),
    detailsIntervalSeconds: seconds(
      5,
      86400,
      'How often XML, autostart and storage pools are read again when no event asks for it.',
    ),
    maxInFlight: count(
      1,
      64,
      'Calls in flight on one connection; keep it below max_client_requests of libvirtd.conf (5 unless changed).',
    ),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'How hosts are polled.' });

const webSchema = z
  .strictObject({
    listenAddresses: z
      .array(
        z.string().register(KEY_DOCS, {
          allowed: 'HOST:PORT, [IPv6]:PORT or :PORT in quotes',
          help: 'One address to listen on.',
        }),
      )
      .min(1)
      .max(16)
      .register(KEY_DOCS, {
        allowed: 'a list of 1 to 16 addresses',
        help: 'Addresses to listen on: `HOST:PORT`, `[IPv6]:PORT`, or `:PORT` for all addresses.',
      })
      .optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'The HTTP server.' });

const logSchema = z
  .strictObject({
    level: z
      .enum(LOG_LEVELS)
      .register(KEY_DOCS, { allowed: `one of ${LOG_LEVELS.join(', ')}`, help: 'The least important lines logged.' })
      .optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'The log, one JSON line each on standard output.' });

/** The whole file. */
export const configFileSchema = z
  .strictObject({
    hosts: z
      .array(hostSchema)
      .max(10_000)
      .register(KEY_DOCS, {
        allowed: 'a list of mappings with name and uri',
        help: 'The hypervisors to watch. Without any: the local daemon.',
      })
      .optional(),
    poll: pollSchema.optional(),
    groups: groupsSchema('Which groups of metrics are on. What is off is not asked for and not shown.').optional(),
    domains: domainsSchema('Which domains are watched.').optional(),
    metadata: metadataSchema.optional(),
    web: webSchema.optional(),
    api: apiSchema.optional(),
    console: consoleSchema.optional(),
    log: logSchema.optional(),
  })
  // Secret, as the file may be another than meant: one with a password, say.
  .register(KEY_DOCS, {
    secret: true,
    allowed: 'a mapping with hosts, poll, groups, domains, metadata, web, api, console or log',
    help: 'The whole file.',
  });

/** A configuration file that fits the schema. */
export type ConfigFile = z.infer<typeof configFileSchema>;
