// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { RequestHandler } from 'express';
import { ActionError } from '../actions/action-error.ts';
import { errorMiddleware } from './error-middleware.ts';

async function answerOf(route: RequestHandler): Promise<{ status: number | 'broken'; body: string; errors: object[] }> {
  const errors: object[] = [];
  const logger = { debug: () => undefined, info: () => undefined, error: (fields: object) => void errors.push(fields) };
  const server = createServer(express().use(route).use(errorMiddleware(logger)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const response = await fetch(`http://127.0.0.1:${String(port)}/`);
    return { status: response.status, body: await response.text(), errors };
  } catch {
    return { status: 'broken', body: '', errors };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('an error', () => {
  it('after half an answer breaks the connection, so that nobody takes it for whole', async () => {
    const answer = await answerOf((_request, response) => {
      response.write('half');
      throw new Error('a fault');
    });
    expect(answer.status).toBe('broken');
    expect(answer.errors).toHaveLength(1);
  });

  it('of a fault of ours says nothing of it but in the log, whichever room calls it one', async () => {
    const { status, body, errors } = await answerOf(() => {
      throw new ActionError('VIREO_INTERNAL', 'a detail of ours');
    });
    expect([status, errors.length]).toEqual([500, 1]);
    expect(body).not.toContain('a detail of ours');
  });

  it('of an action that is refused says why as a code too', async () => {
    const { status, body } = await answerOf(() => {
      throw new ActionError('VIREO_STATE', 'web: paused: resume first', { reasonCode: 'paused' });
    });
    expect([status, JSON.parse(body)]).toMatchObject([409, { code: 'VIREO_STATE', reasonCode: 'paused' }]);
  });

  it('that is no Error is a fault of ours', async () => {
    const answer = await answerOf(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a dependency may do
      throw 'a text';
    });
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('VIREO_INTERNAL');
  });

  it('of a malformed request is a 400 that nobody is woken for', async () => {
    const answer = await answerOf(() => {
      throw Object.assign(new URIError('Failed to decode'), { status: 400 });
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('VIREO_HTTP_BAD_REQUEST');
    expect(answer.errors).toEqual([]);
  });
});
