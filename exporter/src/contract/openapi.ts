// SPDX-License-Identifier: Apache-2.0
// The OpenAPI 3.1 document, made of the operations and schemas; docs/openapi.json is it, checked in.

import { z } from 'zod';
import { ANY_PROBLEMS, OPERATIONS } from './api-operations.ts';
import type { Operation, OperationAnswer } from './api-operations.ts';
import { PRIVILEGE_DOCS } from './privileges.ts';
import { PROBLEMS } from './problems.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

const SCHEMAS = '#/components/schemas/';
const UUID_PATTERN = '^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$';

const PATH_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly schema: JsonObject }>> = {
  host: { description: 'The configured name of the host.', schema: { type: 'string' } },
  uuid: { description: 'The UUID of the domain.', schema: { type: 'string', pattern: UUID_PATTERN } },
  id: { description: 'The id of the task.', schema: { type: 'string' } },
};

const HEADERS: Readonly<Record<NonNullable<Operation['headers']>[number], string>> = {
  'Idempotency-Key': '1 to 128 printable ASCII characters: the same request with the same key is done once.',
  'Last-Event-ID': 'The id of the last event seen: what came after it is replayed.',
  'If-None-Match': 'The ETag of the document the client has: 304 when it is still the same.',
};

/** Builds the document. */
export function buildOpenApi(version: string): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const path = `/api/v1${operation.path}`;
    paths[path] = { ...paths[path], [operation.method]: buildOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Vireo',
      version,
      description: 'Domains of libvirt hosts: what they do, and what to do with them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token of api.tokens.' } },
      schemas: buildSchemas(),
    },
  };
}

function buildSchemas(): Record<string, unknown> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: (id) => `${SCHEMAS}${id}` });
  const named = Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema] as const);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function buildOperation({
  id,
  summary,
  path,
  privilege,
  query,
  headers,
  body,
  answers,
  problems,
}: Operation): JsonObject {
  const needs =
    privilege === undefined ? undefined : `Privilege \`${privilege}\`: ${PRIVILEGE_DOCS[privilege].meaning}`;
  const parameters = [...pathParameters(path), ...queryParameters(query), ...(headers ?? []).map(headerParameter)];
  return {
    operationId: id,
    summary,
    ...(needs === undefined ? {} : { description: needs }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: reference(body) } } } }),
    responses: {
      ...buildAnswers(answers),
      ...(headers?.includes('If-None-Match') === true ? { 304: { description: 'The client has it already.' } } : {}),
      ...buildProblems([...ANY_PROBLEMS, ...problems]),
    },
  };
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const parameter = PATH_PARAMETERS[name];
    if (parameter === undefined) throw new RangeError(`nothing is said of the path parameter ${name}`);
    return { name, in: 'path', required: true, ...parameter };
  });
}

function queryParameters(query: z.ZodObject | undefined): JsonObject[] {
  if (query === undefined) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    if (typeof property === 'boolean') throw new TypeError(`the query parameter ${name} has no schema`);
    const { description, ...schema } = property;
    return { name, in: 'query', ...(description === undefined ? {} : { description }), schema };
  });
}

function headerParameter(name: NonNullable<Operation['headers']>[number]): JsonObject {
  return { name, in: 'header', description: HEADERS[name], schema: { type: 'string' } };
}

function buildAnswers(answers: readonly OperationAnswer[]): Record<string, unknown> {
  const byStatus: Record<string, unknown> = {};
  for (const status of new Set(answers.map((answer) => answer.status))) {
    const same = answers.filter((answer) => answer.status === status);
    byStatus[String(status)] = {
      description: same.map((answer) => answer.description).join(' '),
      content: Object.fromEntries(
        same.map(({ mediaType, schema }) => [mediaType, schema === undefined ? {} : { schema: reference(schema) }]),
      ),
    };
  }
  return byStatus;
}

function buildProblems(codes: readonly (keyof typeof PROBLEMS)[]): Record<string, unknown> {
  const unique = [...new Set(codes)];
  const statuses = [...new Set(unique.map((code) => PROBLEMS[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: unique
          .filter((code) => PROBLEMS[code].status === status)
          .map((code) => `${code}: ${PROBLEMS[code].meaning}`)
          .join('\n'),
        content: { 'application/problem+json': { schema: { $ref: `${SCHEMAS}Problem` } } },
      },
    ]),
  );
}

function reference(schema: z.ZodType): JsonObject {
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) throw new TypeError('a schema without an id cannot be referred to');
  return { $ref: `${SCHEMAS}${id}` };
}
