// SPDX-License-Identifier: Apache-2.0
// The one place where an error becomes an answer (RFC 9457), and the only one that logs it.

import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { ActionError } from '../actions/action-error.ts';
import { ConsoleRefusal } from '../console/console-service.ts';
import { PROBLEMS, isProblemCode } from '../contract/problems.ts';
import type { ProblemCode } from '../contract/problems.ts';
import type { ConsoleRefusalCode, RefusalCode } from '../contract/refusals.ts';
import { XmlError } from '../xml/xml-error.ts';
import { problemOfLibvirt } from './api/libvirt-problem.ts';
import type { HttpLogger } from './deps.ts';
import { HttpProblem } from './problems.ts';
import { requestIdOf } from './request-log.ts';

/** The last route: whatever no other took. */
export const notFound: RequestHandler = (request) => {
  throw new HttpProblem('VIREO_HTTP_NOT_FOUND', `there is nothing at ${request.path.slice(0, 200)}`);
};

/** For the methods a path does not take. */
export function methodNotAllowed(...allowed: readonly string[]): RequestHandler {
  const allow = allowed.join(', ');
  return (request) => {
    throw new HttpProblem('VIREO_HTTP_METHOD', `${request.path} takes ${allow}, not ${request.method}`, {
      Allow: allow,
    });
  };
}

/** The application's last handler. */
export function errorMiddleware(logger: HttpLogger): ErrorRequestHandler {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- express counts the parameters
  return (error: unknown, request: Request, response: Response, _next: unknown): void => {
    const { code, detail, reasonCode, headers } = problemOf(error);
    const { status } = PROBLEMS[code];
    const requestId = requestIdOf(response);
    if (code === 'VIREO_INTERNAL') logFault(logger, request, response, error);
    if (response.headersSent) {
      // Half an answer is out; only a broken connection can still say that the rest is missing.
      response.destroy();
      return;
    }
    response.status(status).set(headers).set('Cache-Control', 'no-store');
    // A person who followed a link, not a program.
    if (request.get('Accept')?.includes('text/html') === true) {
      const title = `${String(status)} ${STATUS_CODES[status] ?? 'Error'}`;
      response.type('text/plain').send(`${title}\n\n${detail}\n${PROBLEMS[code].advice}\n\n${code} ${requestId}\n`);
      return;
    }
    const title = STATUS_CODES[status] ?? 'Error';
    response
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title, status, code, detail, reasonCode, requestId }));
  };
}

/** Logs a fault of ours, of which whoever asked is told nothing but that it is one. */
export function logFault(logger: HttpLogger, request: Request, response: Response, error: unknown): void {
  const { method, path } = request;
  const fields = { event: 'http.error', requestId: requestIdOf(response), method, path, err: error };
  logger.error(fields, 'a request failed by a fault of ours');
}

/** What an error is to whoever asked. */
export function problemOf(error: unknown): {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly reasonCode?: RefusalCode | ConsoleRefusalCode;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (error instanceof HttpProblem) return { code: error.code, detail: error.message, headers: error.headers };
  const known = problemOfLibvirt(error) ?? problemWithin(error);
  if (known !== undefined) {
    const reasonCode = error instanceof ActionError || error instanceof ConsoleRefusal ? error.reasonCode : undefined;
    const { code, message: detail, headers } = known;
    return { code, detail, headers, ...(reasonCode === undefined ? {} : { reasonCode }) };
  }
  // What express and its router throw over a request: a path that does not decode, for instance.
  if (typeof error === 'object' && error !== null && 'status' in error && error.status === 400) {
    return { code: 'VIREO_HTTP_BAD_REQUEST', detail: 'the request is malformed', headers: {} };
  }
  return { code: 'VIREO_INTERNAL', detail: 'a fault in Vireo; its log has the details', headers: {} };
}

/** Errors of the other rooms carry a code of the table when they are meant for whoever asked. */
function problemWithin(error: unknown): HttpProblem | undefined {
  if (error instanceof XmlError) return new HttpProblem('VIREO_LIBVIRT', `XML of the daemon: ${error.message}`);
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  // Of a fault of ours the message is for the log.
  if (!isProblemCode(error.code) || error.code === 'VIREO_INTERNAL') return undefined;
  const seconds =
    'retryAfterSeconds' in error && typeof error.retryAfterSeconds === 'number' ? error.retryAfterSeconds : 5;
  const retry = PROBLEMS[error.code].status === 503 ? { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) } : {};
  return new HttpProblem(error.code, error.message, retry);
}
