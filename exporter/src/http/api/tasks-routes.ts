// SPDX-License-Identifier: Apache-2.0
// GET /tasks and /tasks/{id}.

import type { RequestHandler } from 'express';
import type { z } from 'zod';
import { REPEATABLE_PARAMETERS, noQuery, tasksQuery } from '../../contract/api.ts';
import type { Task, TaskList } from '../../contract/api.ts';
import type { ActionsPort } from '../deps.ts';
import { HttpProblem } from '../problems.ts';
import { callerOf } from './authentication.ts';
import type { Caller } from './authentication.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { compareText } from './domain-index.ts';
import type { Fleet } from './fleet.ts';
import { pathPart, queryOf } from './parameters.ts';
import { sendJson } from './send.ts';

/** What the cursors of this list say they are of. */
const LIST = 'tasks';

/** One page of the tasks of domains in the caller's scope, newest first. */
export function listTasksRoute(fleet: Fleet, actions: ActionsPort): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    const query = queryOf(request, tasksQuery, REPEATABLE_PARAMETERS);
    fleet.access.requirePrivilege(caller, 'read');
    for (const name of query.host ?? []) fleet.host(caller, 'read', name);
    const fits = (task: Task): boolean =>
      (query.host === undefined || query.host.includes(task.host)) &&
      (query.uuid === undefined || query.uuid === task.uuid) &&
      (query.state === undefined || query.state.includes(task.state)) &&
      (query.action === undefined || query.action.includes(task.action)) &&
      (query.bulkId === undefined || query.bulkId === task.bulkId) &&
      sees(fleet, caller, task);
    sendJson(response, pageOf(actions.tasks().filter(fits), query));
  };
}

/** One task. */
export function taskRoute(fleet: Fleet, actions: ActionsPort): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    queryOf(request, noQuery);
    const id = pathPart(request, 'id').toLowerCase();
    const task = actions.task(id);
    const asked = task === undefined ? undefined : { host: task.host, domain: task.domain, uuid: task.uuid };
    if (task === undefined || asked === undefined || !fleet.access.mayKnow(caller, 'read', asked)) {
      throw new HttpProblem('VIREO_TASK_UNKNOWN', `there is no task ${id.slice(0, 64)}`);
    }
    fleet.access.requirePrivilege(caller, 'read', asked);
    sendJson(response, task);
  };
}

/** Tasks accepted in between come before the first page, so they shift nothing. */
function pageOf(fitting: Task[], { limit, cursor }: z.infer<typeof tasksQuery>): TaskList {
  const all = fitting.sort((a, b) => compareKeys(keyOf(b), keyOf(a)));
  const after = cursor === undefined ? undefined : readCursor(cursor, LIST, 2);
  const rest = after === undefined ? all : all.filter((task) => compareKeys(keyOf(task), after) < 0);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const more = last !== undefined && items.length < rest.length;
  return { items, total: all.length, ...(more ? { nextCursor: writeCursor(LIST, keyOf(last)) } : {}) };
}

function keyOf({ acceptedAt, id }: Task): readonly string[] {
  return [acceptedAt, id];
}

function compareKeys(
  [time = '', id = '']: readonly string[],
  [otherTime = '', otherId = '']: readonly string[],
): number {
  return compareText(time, otherTime) || compareText(id, otherId);
}

function sees(fleet: Fleet, caller: Caller, { host, domain }: Task): boolean {
  return fleet.access.seesDomain(caller, 'read', host, domain);
}
