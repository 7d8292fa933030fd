// SPDX-License-Identifier: Apache-2.0
// Every operation of the API: what docs/api.md and the OpenAPI document are made of, and what the routes are tested
// against.

import type { z } from 'zod';
import {
  actionRequest,
  bulkRequest,
  bulkResult,
  domainFull,
  domainList,
  domainsQuery,
  hostFull,
  hostList,
  screenshotQuery,
  snapshotList,
  task,
  taskList,
  tasksQuery,
  tokenFacts,
  xmlDiff,
  xmlQuery,
} from './api.ts';
import { consoleAddress, consoleRequest, consoleText, consoleTicket, consoleTyped } from './console.ts';
import type { Privilege } from './privileges.ts';
import type { ProblemCode } from './problems.ts';

/** One way an operation succeeds. */
export interface OperationAnswer {
  readonly status: 200 | 202;
  readonly description: string;
  readonly mediaType: string;
  /** Absent for what is not JSON. */
  readonly schema?: z.ZodType;
}

/** One operation. */
export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'post';
  /** Below /api/v1, with `{parameters}`. */
  readonly path: string;
  readonly summary: string;
  /** Absent when the action decides, or any token will do. */
  readonly privilege?: Privilege;
  readonly query?: z.ZodObject;
  /** Headers that mean something here. */
  readonly headers?: readonly ('Idempotency-Key' | 'Last-Event-ID' | 'If-None-Match')[];
  readonly body?: z.ZodType;
  readonly answers: readonly OperationAnswer[];
  /** Besides {@link ANY_PROBLEMS}. */
  readonly problems: readonly ProblemCode[];
}

/** What every operation may answer. */
export const ANY_PROBLEMS = [
  'VIREO_HTTP_PATH',
  'VIREO_API_OFF',
  'VIREO_AUTH_MISSING',
  'VIREO_AUTH_TOKEN',
  'VIREO_AUTH_RATE',
  'VIREO_AUTH_PRIVILEGE',
  'VIREO_IDENTITY_REQUIRED',
  'VIREO_IDENTITY_INVALID',
  'VIREO_IDENTITY_EXPIRED',
  'VIREO_IDENTITY_UNAVAILABLE',
  'VIREO_PARAMETER',
  'VIREO_INTERNAL',
] as const satisfies readonly ProblemCode[];

const OF_HOST = ['VIREO_HOST_UNKNOWN'] as const;
const OF_DOMAIN = [...OF_HOST, 'VIREO_UUID', 'VIREO_DOMAIN_UNKNOWN', 'VIREO_HOST_LOST'] as const;
const OF_LIBVIRT = [
  'VIREO_BUSY',
  'VIREO_HOST_LOST',
  'VIREO_STATE',
  'VIREO_DOMAIN_BUSY',
  'VIREO_UNSUPPORTED',
  'VIREO_LIBVIRT_DENIED',
  'VIREO_LIBVIRT_TIMEOUT',
  'VIREO_LIBVIRT',
] as const;
const OF_BODY = ['VIREO_CONTENT_TYPE', 'VIREO_BODY_SIZE', 'VIREO_JSON', 'VIREO_BODY', 'VIREO_ACTION_UNKNOWN'] as const;
const OF_ACTION = ['VIREO_READ_ONLY', 'VIREO_IDEMPOTENCY_KEY', 'VIREO_QUEUE_FULL'] as const;

const JSON_TYPE = 'application/json';

/** All of them, in the order they are documented. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: 'listHosts',
    method: 'get',
    path: '/hosts',
    summary: 'Hosts in brief',
    privilege: 'read',
    answers: [{ status: 200, description: 'The hosts the token may see.', mediaType: JSON_TYPE, schema: hostList }],
    problems: [],
  },
  {
    id: 'getHost',
    method: 'get',
    path: '/hosts/{host}',
    summary: 'One host in full',
    privilege: 'read',
    answers: [{ status: 200, description: 'The host.', mediaType: JSON_TYPE, schema: hostFull }],
    problems: [...OF_HOST],
  },
  {
    id: 'getHostXml',
    method: 'get',
    path: '/hosts/{host}/xml',
    summary: 'Capabilities of a host',
    privilege: 'xml',
    headers: ['If-None-Match'],
    answers: [{ status: 200, description: 'The capabilities document.', mediaType: 'application/xml' }],
    problems: [...OF_HOST, ...OF_LIBVIRT],
  },
  {
    id: 'listDomains',
    method: 'get',
    path: '/domains',
    summary: 'Domains in brief, of all hosts',
    privilege: 'read',
    query: domainsQuery,
    answers: [{ status: 200, description: 'One page.', mediaType: JSON_TYPE, schema: domainList }],
    problems: [...OF_HOST, 'VIREO_CURSOR'],
  },
  {
    id: 'getDomain',
    method: 'get',
    path: '/hosts/{host}/domains/{uuid}',
    summary: 'One domain in full',
    privilege: 'read',
    answers: [{ status: 200, description: 'The domain.', mediaType: JSON_TYPE, schema: domainFull }],
    problems: [...OF_DOMAIN],
  },
  {
    id: 'getDomainXml',
    method: 'get',
    path: '/hosts/{host}/domains/{uuid}/xml',
    summary: 'XML of a domain, without its secrets, or what differs between its two forms',
    privilege: 'xml',
    query: xmlQuery,
    headers: ['If-None-Match'],
    answers: [
      { status: 200, description: 'The document: views live and config.', mediaType: 'application/xml' },
      { status: 200, description: 'What differs: view diff.', mediaType: JSON_TYPE, schema: xmlDiff },
    ],
    problems: [...OF_DOMAIN, ...OF_LIBVIRT],
  },
  {
    id: 'listSnapshots',
    method: 'get',
    path: '/hosts/{host}/domains/{uuid}/snapshots',
    summary: 'Snapshots of a domain',
    privilege: 'read',
    headers: ['If-None-Match'],
    answers: [{ status: 200, description: 'What libvirt keeps now.', mediaType: JSON_TYPE, schema: snapshotList }],
    problems: [...OF_DOMAIN, ...OF_LIBVIRT],
  },
  {
    id: 'getScreenshot',
    method: 'get',
    path: '/hosts/{host}/domains/{uuid}/screenshot',
    summary: 'The screen of a running domain',
    privilege: 'console.view',
    query: screenshotQuery,
    answers: [{ status: 200, description: 'A picture.', mediaType: 'image/png' }],
    problems: [...OF_DOMAIN, ...OF_LIBVIRT],
  },
  {
    id: 'openConsole',
    method: 'post',
    path: '/hosts/{host}/domains/{uuid}/console',
    summary: 'A page with the console of a domain, for one visit; console.view or console.control, by mode',
    body: consoleRequest,
    answers: [{ status: 200, description: 'Where to go.', mediaType: JSON_TYPE, schema: consoleTicket }],
    problems: [
      ...OF_DOMAIN,
      'VIREO_CONTENT_TYPE',
      'VIREO_BODY_SIZE',
      'VIREO_JSON',
      'VIREO_BODY',
      'VIREO_BUSY',
      'VIREO_CONSOLE_NONE',
      'VIREO_CONSOLE_OFF',
      'VIREO_CONSOLE_LIMIT',
    ],
  },
  {
    id: 'typeText',
    method: 'post',
    path: '/hosts/{host}/domains/{uuid}/console/text',
    summary: 'Press the keys of a text, one after the other, as on a US keyboard',
    privilege: 'console.control',
    body: consoleText,
    answers: [{ status: 200, description: 'Every key was pressed.', mediaType: JSON_TYPE, schema: consoleTyped }],
    problems: [
      ...OF_DOMAIN,
      ...OF_LIBVIRT,
      'VIREO_CONTENT_TYPE',
      'VIREO_BODY_SIZE',
      'VIREO_JSON',
      'VIREO_BODY',
      'VIREO_CONSOLE_OFF',
      'VIREO_CONSOLE_NONE',
    ],
  },
  {
    id: 'getConsoleAddress',
    method: 'get',
    path: '/hosts/{host}/domains/{uuid}/console/address',
    summary: 'The VNC address of a running domain, for viewers that connect past Vireo',
    privilege: 'console.control',
    answers: [{ status: 200, description: 'The address.', mediaType: JSON_TYPE, schema: consoleAddress }],
    problems: [...OF_DOMAIN, ...OF_LIBVIRT, 'VIREO_CONSOLE_NONE', 'VIREO_CONSOLE_OFF'],
  },
  {
    id: 'getConsoleFile',
    method: 'get',
    path: '/hosts/{host}/domains/{uuid}/console/file.vv',
    summary: 'The same as a file that virt-viewer opens; no password is in it',
    privilege: 'console.control',
    answers: [{ status: 200, description: 'The file.', mediaType: 'application/x-virt-viewer' }],
    problems: [...OF_DOMAIN, ...OF_LIBVIRT, 'VIREO_CONSOLE_NONE', 'VIREO_CONSOLE_OFF'],
  },
  {
    id: 'requestAction',
    method: 'post',
    path: '/hosts/{host}/domains/{uuid}/actions',
    summary: 'Ask for an action on one domain',
    headers: ['Idempotency-Key'],
    body: actionRequest,
    answers: [
      { status: 202, description: 'Accepted; the task tells the outcome.', mediaType: JSON_TYPE, schema: task },
      { status: 200, description: 'Nothing was to do: `changed` is false.', mediaType: JSON_TYPE, schema: task },
    ],
    problems: [
      ...OF_DOMAIN,
      ...OF_BODY,
      ...OF_ACTION,
      'VIREO_STATE',
      'VIREO_DOMAIN_ID',
      'VIREO_UNSUPPORTED',
      'VIREO_ARGUMENT',
    ],
  },
  {
    id: 'requestActions',
    method: 'post',
    path: '/actions',
    summary: 'Ask for an action on many domains, or what would become of it',
    headers: ['Idempotency-Key'],
    body: bulkRequest,
    answers: [{ status: 200, description: 'A result for each target.', mediaType: JSON_TYPE, schema: bulkResult }],
    problems: [...OF_BODY, ...OF_ACTION],
  },
  {
    id: 'listTasks',
    method: 'get',
    path: '/tasks',
    summary: 'Tasks, newest first',
    privilege: 'read',
    query: tasksQuery,
    answers: [{ status: 200, description: 'One page.', mediaType: JSON_TYPE, schema: taskList }],
    problems: [...OF_HOST, 'VIREO_CURSOR'],
  },
  {
    id: 'getTask',
    method: 'get',
    path: '/tasks/{id}',
    summary: 'One task',
    privilege: 'read',
    answers: [{ status: 200, description: 'The task.', mediaType: JSON_TYPE, schema: task }],
    problems: ['VIREO_TASK_UNKNOWN'],
  },
  {
    id: 'followEvents',
    method: 'get',
    path: '/events',
    summary: 'What happens, as it happens: Server-Sent Events',
    privilege: 'read',
    headers: ['Last-Event-ID'],
    answers: [{ status: 200, description: 'A stream without end.', mediaType: 'text/event-stream' }],
    problems: ['VIREO_BUSY'],
  },
  {
    id: 'getToken',
    method: 'get',
    path: '/token',
    summary: 'What the token of this request may do, and for whom Grafana asks',
    answers: [{ status: 200, description: 'The token.', mediaType: JSON_TYPE, schema: tokenFacts }],
    problems: [],
  },
  {
    id: 'getOpenapi',
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    answers: [{ status: 200, description: 'OpenAPI 3.1.', mediaType: JSON_TYPE }],
    problems: [],
  },
];
