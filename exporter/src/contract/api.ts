// SPDX-License-Identifier: Apache-2.0
// Requests and responses of the API under /api/v1, as schemas: the routes read requests with them, tests hold responses
// against them, and openapi.ts publishes them. Nothing here knows how anything is done.

import { z } from 'zod';
import { ACTION_IDS } from './actions.ts';
import { domainState, hostName, instant, uuid } from './api-fields.ts';
import { PRIVILEGES } from './privileges.ts';
import { PROBLEMS } from './problems.ts';
import type { ProblemCode } from './problems.ts';
import { CONSOLE_REFUSAL_CODES, REFUSAL_CODES } from './refusals.ts';
import { TASK_STATES, task } from './tasks.ts';

export { domainFull, domainList, snapshotList } from './api-domains.ts';
export type { DomainBrief, DomainFull, DomainList, SnapshotList } from './api-domains.ts';
export { hostFull, hostList } from './api-hosts.ts';
export type { HostBrief, HostFull, HostList } from './api-hosts.ts';
export { bulkResult, task, taskList } from './tasks.ts';
export type { BulkResult, Task, TaskList } from './tasks.ts';

/** Most items of one page. */
export const LIMIT_MAX = 10_000;
const LIMIT_DEFAULT = 100;
/** Most targets of one bulk request. */
export const TARGETS_MAX = 500;
const REASON_LENGTH_MAX = 500;

/** What a token may do. */
export const tokenFacts = z
  .strictObject({
    name: z.string(),
    privileges: z.array(z.enum(PRIVILEGES)),
    hosts: z.array(z.string()).meta({ description: 'Patterns of the hosts it reaches.' }),
    domains: z.array(z.string()).meta({ description: 'Patterns of the domains it reaches.' }),
    user: z.string().optional().meta({ description: 'The login of the user that Grafana vouches for.' }),
  })
  .meta({ id: 'TokenFacts', description: 'The token of this request.' });
/** See {@link tokenFacts}. */
export type TokenFacts = z.infer<typeof tokenFacts>;

/** Orders of the list of domains; `-` turns one round. */
export const DOMAIN_SORTS = ['name', '-name', 'host', '-host', 'state', '-state'] as const;
/** One of {@link DOMAIN_SORTS}. */
export type DomainSort = (typeof DOMAIN_SORTS)[number];

/** Views of a domain's XML. */
export const XML_VIEWS = ['live', 'config', 'diff'] as const;

const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(LIMIT_MAX)
  .default(LIMIT_DEFAULT)
  .meta({ description: 'Most items of the page.' });
const cursor = z
  .string()
  .min(1)
  .max(4096)
  .optional()
  .meta({ description: 'nextCursor of the page before, with the same other parameters.' });

/** Query parameters that may stand more than once. */
export const REPEATABLE_PARAMETERS = ['host', 'state', 'action'] as const;

/** Query of GET /api/v1/domains. */
export const domainsQuery = z.strictObject({
  host: z.array(hostName).max(1000).optional().meta({ description: 'Only of this host; may stand more than once.' }),
  state: z.array(domainState).max(20).optional().meta({ description: 'Only in this state; may stand more than once.' }),
  q: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Text in name, UUID or title; upper and lower case are the same.' }),
  sort: z.enum(DOMAIN_SORTS).default('name').meta({ description: 'Order; `-` turns it round.' }),
  limit,
  cursor,
});

/** Query of a domain's XML. */
export const xmlQuery = z.strictObject({
  view: z.enum(XML_VIEWS).optional().meta({
    description:
      'live: as it runs; config: as it will start next; diff: what differs. Without: live if it runs, else config.',
  }),
});

/** Query of a domain's screenshot. */
export const screenshotQuery = z.strictObject({
  screen: z.coerce.number().int().min(0).max(15).default(0).meta({ description: 'Which of its screens.' }),
});

/** Query of GET /api/v1/tasks. */
export const tasksQuery = z.strictObject({
  host: z.array(hostName).max(1000).optional().meta({ description: 'Only at this host; may stand more than once.' }),
  uuid: uuid.optional().meta({ description: 'Only about this domain.' }),
  state: z.array(z.enum(TASK_STATES)).max(10).optional().meta({
    description: 'Only in this state; may stand more than once.',
  }),
  action: z.array(z.enum(ACTION_IDS)).max(20).optional().meta({
    description: 'Only this action; may stand more than once.',
  }),
  bulkId: z.uuid().optional().meta({ description: 'Only of this bulk request.' }),
  limit,
  cursor,
});

/** Query of a path that takes none. */
export const noQuery = z.strictObject({});

const reason = z
  .string()
  .max(REASON_LENGTH_MAX)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line')
  .optional()
  .meta({ description: 'Why; it stands in the task and the audit log.' });
const ifDomainId = z.int().min(-1).optional().meta({
  description: 'Refuse unless the domain still has this id, that is unless it stopped or started anew meanwhile.',
});
const ifDomainName = z.string().max(1024).optional().meta({
  description: 'Refuse unless the domain with this UUID has this name: UUIDs may change, and move to another domain.',
});
// Read loosely and checked against the table of actions afterwards: an unknown action has a problem of its own.
const action = z.string().max(64).meta({ description: 'What to do.', enum: ACTION_IDS });
const options = z
  .record(z.string(), z.unknown())
  .optional()
  .meta({ description: 'Options of the action; each action has its own, docs/api.md lists them.' });

/** Body of POST …/domains/{uuid}/actions. */
export const actionRequest = z
  .strictObject({ action, options, ifDomainId, ifDomainName, reason })
  .meta({ id: 'ActionRequest', description: 'One action on one domain.' });
/** See {@link actionRequest}. */
export type ActionRequest = z.infer<typeof actionRequest>;

/** Body of POST /api/v1/actions. */
export const bulkRequest = z
  .strictObject({
    targets: z
      .array(z.strictObject({ host: hostName, uuid, ifDomainId, ifDomainName }))
      .min(1)
      .max(TARGETS_MAX),
    action,
    options,
    reason,
    dryRun: z.boolean().optional().meta({ description: 'Only tell what would be accepted.' }),
  })
  .meta({ id: 'BulkRequest', description: 'One action on many domains.' });
/** See {@link bulkRequest}. */
export type BulkRequest = z.infer<typeof bulkRequest>;

/** What view=diff gives: what the next start will change. */
export const xmlDiff = z
  .strictObject({
    changes: z
      .array(
        z.strictObject({
          path: z.string().meta({ description: '`/domain/devices/disk[vda]/driver/@cache`' }),
          live: z.string().optional(),
          config: z.string().optional(),
        }),
      )
      .meta({ description: 'Empty when the next start changes nothing. An absent side does not have it.' }),
    unified: z.string().meta({ description: 'The same as a unified diff of live and config.' }),
    live: z.string().meta({ description: 'The running domain, without what differs anyway.' }),
    config: z.string().meta({ description: 'The configuration, without what differs anyway.' }),
  })
  .meta({ id: 'XmlDiff', description: 'What differs between how a domain runs and how it will start next.' });
/** See {@link xmlDiff}. */
export type XmlDiff = z.infer<typeof xmlDiff>;

/** An answer that is an error: RFC 9457. */
export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]).meta({ description: 'Match on it.' }),
    detail: z.string(),
    reasonCode: z
      .enum([...REFUSAL_CODES, ...CONSOLE_REFUSAL_CODES])
      .optional()
      .meta({
        description: 'Which of the reasons of refusedActions or consoleRefusal it is, where it is one.',
      }),
    requestId: z.string().meta({ description: 'Stands in the log as well.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. docs/errors.md has every code.' });

const eventFields = { at: instant, host: hostName };
const domainOfEvent = z.strictObject({ uuid, name: z.string() });
const errorOfEvent = z.strictObject({ code: z.string(), message: z.string() });

/** The data of one event about a host or a domain; its type is the event's name as well. */
export const changeEvent = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('host.up'), ...eventFields, driver: z.string(), libvirtVersion: z.string() }),
    z.strictObject({ type: z.literal('host.lost'), ...eventFields, error: errorOfEvent, retryInMs: z.number() }),
    z.strictObject({ type: z.literal('domain.added'), ...eventFields, domain: domainOfEvent, state: domainState }),
    z.strictObject({ type: z.literal('domain.removed'), ...eventFields, domain: domainOfEvent }),
    z.strictObject({
      type: z.literal('domain.state'),
      ...eventFields,
      domain: domainOfEvent,
      from: domainState,
      to: domainState,
      reason: z.string(),
    }),
    z.strictObject({
      type: z.literal('domain.stuck'),
      ...eventFields,
      domain: domainOfEvent,
      controlState: z.string().optional(),
    }),
    z.strictObject({ type: z.literal('domain.recovered'), ...eventFields, domain: domainOfEvent, stuckMs: z.number() }),
    z.strictObject({
      type: z.literal('domain.event'),
      ...eventFields,
      domain: domainOfEvent,
      event: z.string(),
      detail: z.string(),
    }),
    z.strictObject({ type: z.literal('poll.failed'), ...eventFields, group: z.string(), error: errorOfEvent }),
    z.strictObject({ type: z.literal('poll.recovered'), ...eventFields, group: z.string() }),
  ])
  .meta({ id: 'ChangeEvent' });
/** See {@link changeEvent}. */
export type ChangeEvent = z.infer<typeof changeEvent>;

/** The data of the event `task`: a task that is new or moved on. */
export const taskEvent = z
  .strictObject({ type: z.literal('task'), ...eventFields, domain: domainOfEvent, task })
  .meta({ id: 'TaskEvent' });
/** See {@link taskEvent}. */
export type TaskEvent = z.infer<typeof taskEvent>;
