// SPDX-License-Identifier: Apache-2.0
// `?action=shutdown` in an address opens the question of that action. It never does more: a link is not a decision.

import { type ActionId, isActionId } from '@vireo/exporter/contract';
import { useSearchParams } from 'react-router-dom';

/** The action whose question the address opens, and how to open another or none. */
export function useActionLink(): [ActionId | undefined, (action: ActionId | undefined) => void] {
  const [parameters, setParameters] = useSearchParams();
  const asked = parameters.get('action');
  const setAction = (action: ActionId | undefined) =>
    setParameters(
      (before) => {
        before.delete('action');
        if (action !== undefined) {
          before.set('action', action);
        }
        return before;
      },
      { replace: true },
    );
  return [asked !== null && isActionId(asked) ? asked : undefined, setAction];
}
