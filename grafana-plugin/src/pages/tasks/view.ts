// SPDX-License-Identifier: Apache-2.0
// What the list of tasks shows, from its address (urls.ts, tasksUrl).

import { isActionId, TASK_STATES } from '@vireo/exporter/contract';
import type { TasksView } from '../../urls';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** What an address asks for. What the API would refuse is left out: a link that was cut still shows something. */
export function viewOf(parameters: URLSearchParams): TasksView {
  const host = parameters.getAll('host').filter((name) => name !== '');
  const state = parameters.getAll('state').filter((name) => TASK_STATES.some((known) => known === name));
  const action = parameters.getAll('action').filter(isActionId);
  const uuid = parameters.get('uuid') ?? '';
  const bulkId = parameters.get('bulkId') ?? '';
  return {
    ...(host.length > 0 && { host }),
    ...(state.length > 0 && { state }),
    ...(action.length > 0 && { action }),
    ...(UUID.test(uuid) && { uuid }),
    ...(UUID.test(bulkId) && { bulkId }),
  };
}
