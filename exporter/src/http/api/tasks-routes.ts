// SPDX-License-Identifier: Apache-2.0
// GET /tasks and /tasks/{id}.

import type { RequestHandler } from 'express';
import { REPEATABLE_PARAMETERS, noQuery, tasksQuery } from '../../contract/api.ts';
import type { Task, TaskList } from '../../contract/api.ts';
import type { ActionsPort } from '../deps.ts';
import { HttpProblem } from '../problems.ts';
import { callerOf } from './authentication.ts';
import type { Caller } from './authentication.ts';
import type { Fleet } from './fleet.ts';
import { pathPart, queryOf } from './parameters.ts';
import { sendJson } from './send.ts';

/** The newest tasks of domains in the caller's scope. */
export function listTasksRoute(fleet: Fleet, actions: ActionsPort): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    fleet.access.requirePrivilege(caller, 'read');
    const query = queryOf(request, tasksQuery, REPEATABLE_PARAMETERS);
    for (const name of query.host ?? []) fleet.host(caller, 'read', name);
    const fits = (task: Task): boolean =>
      (query.host === undefined || query.host.includes(task.host)) &&
      (query.uuid === undefined || query.uuid === task.uuid) &&
      (query.state === undefined || query.state.includes(task.state)) &&
      (query.action === undefined || query.action.includes(task.action)) &&
      (query.bulkId === undefined || query.bulkId === task.bulkId) &&
      sees(fleet, caller, task);
    const list: TaskList = { items: actions.tasks().filter(fits).slice(0, query.limit) };
    sendJson(response, list);
  };
}

/** One task. */
export function taskRoute(fleet: Fleet, actions: ActionsPort): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    fleet.access.requirePrivilege(caller, 'read');
    queryOf(request, noQuery);
    const id = pathPart(request, 'id').toLowerCase();
    const task = actions.task(id);
    if (task === undefined || !sees(fleet, caller, task)) {
      throw new HttpProblem('VIREO_TASK_UNKNOWN', `there is no task ${id.slice(0, 64)}`);
    }
    sendJson(response, task);
  };
}

function sees(fleet: Fleet, caller: Caller, { host, domain }: Task): boolean {
  return fleet.access.seesDomain(caller, 'read', host, domain);
}
