// SPDX-License-Identifier: Apache-2.0
// POST …/actions, for one domain and for many. Everything a request can get wrong is refused here, before anything is
// asked of a hypervisor.

import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { ACTIONS, ACTION_IDS, isActionId, requiredPrivileges } from '../../contract/actions.ts';
import type { ActionId } from '../../contract/actions.ts';
import { actionRequest, bulkRequest, noQuery } from '../../contract/api.ts';
import type { BulkRequest, BulkResult } from '../../contract/api.ts';
import { ActionError } from '../../actions/action-error.ts';
import type { ActionOrder } from '../../actions/action-service.ts';
import type { Task } from '../../contract/tasks.ts';
import type { ActionsPort, HttpLogger } from '../deps.ts';
import { logFault, problemOf } from '../error-middleware.ts';
import { HttpProblem } from '../problems.ts';
import { callerOf } from './authentication.ts';
import type { Caller } from './authentication.ts';
import { faultsOf } from './faults.ts';
import type { Fleet, FoundDomain } from './fleet.ts';
import { given } from './host-views.ts';
import { readBody } from './json-body.ts';
import { idempotencyKey, pathPart, queryOf, uuidPart } from './parameters.ts';
import { sendJson } from './send.ts';

type BulkEntry = BulkResult['results'][number];
type Options = Readonly<Record<string, unknown>>;

/** One action on one domain. */
export function actionRoute(fleet: Fleet, actions: ActionsPort): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const [host, uuid, key] = [pathPart(request, 'host'), uuidPart(request), idempotencyKey(request)];
    queryOf(request, noQuery);
    const body = await readBody(request, actionRequest);
    const action = knownAction(body.action);
    const options = knownOptions(action, body.options);
    const order: ActionOrder = {
      host,
      uuid,
      action,
      options,
      actor: caller.principal.actor(caller.address),
      ...(body.ifDomainId === undefined ? {} : { ifDomainId: body.ifDomainId }),
      ...(body.reason === undefined ? {} : { reason: body.reason }),
      ...(key === undefined ? {} : { idempotencyKey: key }),
    };
    const { domain, earlier } = await admit(fleet, actions, caller, order, body.ifDomainName);
    const task = earlier ?? (await actions.submit({ ...order, domain }));
    response.set('Location', `/api/v1/tasks/${task.id}`);
    sendJson(response, task, task.changed === false ? 200 : 202);
  };
}

/** One action on many domains, or what would become of it. */
export function bulkRoute(fleet: Fleet, actions: ActionsPort, logger: HttpLogger): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const key = idempotencyKey(request);
    queryOf(request, noQuery);
    const body = await readBody(request, bulkRequest);
    const action = knownAction(body.action);
    const options = knownOptions(action, body.options);
    refuseTwins(body.targets);
    // Without the privilege no target could be accepted: one clear answer instead of many.
    for (const privilege of requiredPrivileges(action, options)) {
      fleet.access.requirePrivilege(caller, privilege, { action });
    }
    const dryRun = body.dryRun === true;
    const bulkId = randomUUID();
    const orderOf = ({ host, uuid, ifDomainId }: BulkRequest['targets'][number]): ActionOrder => ({
      host,
      uuid,
      action,
      options,
      actor: caller.principal.actor(caller.address),
      bulkId,
      ...(ifDomainId === undefined ? {} : { ifDomainId }),
      ...(body.reason === undefined ? {} : { reason: body.reason }),
      // One key stands for the whole request; each target is a request of its own to the actions.
      ...(key === undefined || dryRun ? {} : { idempotencyKey: `${key} ${uuid} ${host}` }),
    });
    const results = await Promise.all(
      body.targets.map(async (target): Promise<BulkEntry> => {
        const { host, uuid } = target;
        const order = orderOf(target);
        let named: { domain?: string } = {};
        try {
          const { domain, earlier } = await admit(fleet, actions, caller, order, target.ifDomainName);
          named = { domain };
          if (dryRun) return { host, uuid, domain, accepted: true, ...(await actions.check({ ...order, domain })) };
          return { host, uuid, domain, accepted: true, task: earlier ?? (await actions.submit({ ...order, domain })) };
        } catch (error) {
          const { code, detail } = problemOf(error);
          const reasonCode = error instanceof ActionError ? error.reasonCode : undefined;
          // The others went on, and what became of them must be told.
          if (code === 'VIREO_INTERNAL') logFault(logger, request, response, error);
          const refusal = { code, message: detail, ...given('reasonCode', reasonCode) };
          return { host, uuid, ...named, accepted: false, error: refusal };
        }
      }),
    );
    // A repeated request gets the tasks of the first one, and so its id.
    const first = results.find((result) => result.task?.bulkId !== undefined)?.task?.bulkId;
    const answer: BulkResult = { bulkId: first ?? bulkId, dryRun, results };
    sendJson(response, answer);
  };
}

function knownAction(action: string): ActionId {
  if (isActionId(action)) return action;
  throw new HttpProblem('VIREO_ACTION_UNKNOWN', `there is no such action; the actions are ${ACTION_IDS.join(', ')}`);
}

function knownOptions(action: ActionId, options: Options | undefined): Options {
  const parsed = ACTIONS[action].options.safeParse(options ?? {});
  if (!parsed.success) throw new HttpProblem('VIREO_BODY', faultsOf(parsed.error, `options of ${action}`));
  return parsed.data;
}

/** The domain, when the caller may do this to it. */
function findTarget(fleet: Fleet, caller: Caller, { host, uuid, action, options }: ActionOrder): FoundDomain {
  return fleet.domain(caller, requiredPrivileges(action, options), host, uuid, action);
}

/**
 * The name of an order's domain, when the caller may do this to it, and it is called as they saw it. A repeated order
 * has its task also when the domain is gone by now, as a transient one is that was forced off, or nobody can tell of it.
 */
async function admit(
  fleet: Fleet,
  actions: ActionsPort,
  caller: Caller,
  order: ActionOrder,
  ifDomainName: string | undefined,
): Promise<{ readonly domain: string; readonly earlier?: Task }> {
  try {
    const { name } = findTarget(fleet, caller, order).domain;
    if (ifDomainName === undefined || ifDomainName === name) return { domain: name };
    const detail = `host "${order.host}" has no domain ${order.uuid} called ${ifDomainName} any more`;
    throw new HttpProblem('VIREO_DOMAIN_UNKNOWN', detail);
  } catch (error) {
    const earlier = await actions.earlier(order, caller.principal);
    if (earlier === undefined) throw error;
    return { domain: earlier.domain, earlier };
  }
}

function refuseTwins(targets: BulkRequest['targets']): void {
  const seen = new Set<string>();
  for (const { host, uuid } of targets) {
    const target = `${uuid} ${host}`;
    if (seen.has(target)) throw new HttpProblem('VIREO_BODY', `targets: ${uuid} stands there twice`);
    seen.add(target);
  }
}
