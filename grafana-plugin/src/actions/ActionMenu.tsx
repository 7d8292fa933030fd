// SPDX-License-Identifier: Apache-2.0
// Actions of one domain as a menu; one that can't be asked for now says why.

import { Menu } from '@grafana/ui';
import type { ActionId } from '@vireo/exporter/contract';
import React from 'react';
import { type Acting, type ActionTarget, needsTypedName, refusalOf } from './availability';
import { actionLabel } from './texts';

/** What {@link ActionMenu} takes. */
export interface ActionMenuProps {
  readonly actions: readonly ActionId[];
  readonly domain: ActionTarget;
  readonly acting: Acting;
  readonly onAction: (action: ActionId) => void;
}

/** For the overlay of a Dropdown. */
export function ActionMenu(props: ActionMenuProps) {
  return (
    <Menu>
      <ActionItems {...props} />
    </Menu>
  );
}

/** The same in a menu that is there already. */
export function ActionItems({ actions, domain, acting, onAction }: ActionMenuProps) {
  return actions.map((id) => {
    const refusal = refusalOf(id, domain, acting);
    return (
      <Menu.Item
        key={id}
        label={actionLabel(id, domain)}
        destructive={needsTypedName(id, domain)}
        disabled={refusal !== undefined}
        {...(refusal !== undefined && { description: refusal })}
        onClick={() => onAction(id)}
      />
    );
  });
}
