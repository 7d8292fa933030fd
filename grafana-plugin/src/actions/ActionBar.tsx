// SPDX-License-Identifier: Apache-2.0
// The buttons of a domain. Each opens its question; one that can't be asked now says why.

import { t } from '@grafana/i18n';
import { hasPermission } from '@grafana/runtime';
import { Button, Dropdown, type IconName, Stack } from '@grafana/ui';
import { ACTION_IDS, type ActionId } from '@vireo/exporter/contract';
import React, { useEffect, useRef } from 'react';
import { PERMISSIONS } from '../constants';
import { ActionDialog } from './ActionDialog';
import { ActionMenu } from './ActionMenu';
import { type ActionTarget, needsTypedName, refusalOf } from './availability';
import { actionLabel } from './texts';

const BUTTONS: readonly ActionId[] = ['start', 'shutdown', 'reboot', 'suspend', 'resume', 'destroy'];
const ICONS: Partial<Record<ActionId, IconName>> = {
  start: 'play',
  shutdown: 'power',
  reboot: 'repeat',
  suspend: 'pause',
  resume: 'forward',
  destroy: 'times-circle',
};

/** How a button looks whose action can lose data: not like its neighbours. */
export const DANGEROUS = { variant: 'destructive', fill: 'outline' } as const;

/** What {@link ActionBar} takes. */
export interface ActionBarProps {
  readonly domain: ActionTarget;
  /** The action whose question is open; see useActionLink, or a state of your own. */
  readonly action: ActionId | undefined;
  readonly onAction: (action: ActionId | undefined) => void;
  /** Which actions have a button of their own; the others are in a menu. */
  readonly buttons?: readonly ActionId[];
  /** false: whoever uses the bar shows the question elsewhere. */
  readonly hasDialog?: boolean;
  /** Without the menu the others are not to be had here. */
  readonly hasMenu?: boolean;
  readonly startedAtMs?: number | undefined;
  readonly viewers?: number | undefined;
  readonly canExecute?: boolean;
}

export function ActionBar({
  domain,
  action,
  onAction,
  buttons = BUTTONS,
  hasDialog = true,
  hasMenu = true,
  canExecute,
  ...known
}: ActionBarProps) {
  const acting = {
    mayOperate: hasPermission(PERMISSIONS.operate),
    ...(canExecute !== undefined && { canExecute }),
  };
  const opener = useOpener(action);
  const others = ACTION_IDS.filter((id) => !buttons.includes(id));
  const menu = () => <ActionMenu actions={others} domain={domain} acting={acting} onAction={onAction} />;
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      {buttons.map((id) => {
        const refusal = refusalOf(id, domain, acting);
        return (
          <Button
            key={id}
            ref={opener(id)}
            size="sm"
            {...(needsTypedName(id, domain) ? DANGEROUS : { variant: 'secondary' })}
            icon={ICONS[id]}
            disabled={refusal !== undefined}
            {...(refusal !== undefined && { tooltip: refusal })}
            onClick={() => onAction(id)}
          >
            {actionLabel(id, domain)}
          </Button>
        );
      })}
      {hasMenu && others.length > 0 && (
        <Dropdown overlay={menu}>
          <Button
            ref={opener('menu')}
            size="sm"
            variant="secondary"
            icon="ellipsis-v"
            aria-label={t('actions.more', 'More actions')}
          />
        </Dropdown>
      )}
      {hasDialog && action !== undefined && (
        <ActionDialog
          key={`${action} ${domain.host} ${domain.uuid}`}
          action={action}
          domain={domain}
          canExecute={canExecute}
          onDismiss={() => onAction(undefined)}
          onEscalate={onAction}
          {...known}
        />
      )}
    </Stack>
  );
}

/**
 * Keeps the focus in the bar. A button that becomes one with a reason, or back, is another element; and an entry of the menu
 * goes with it, so that a dialog that is closed has nothing to give the focus back to.
 */
function useOpener(action: ActionId | undefined) {
  const elements = useRef(new Map<ActionId | 'menu', HTMLButtonElement | null>());
  const left = useRef<ActionId | 'menu'>(undefined);
  const asked = useRef(action);
  useEffect(() => {
    if (action === undefined && asked.current !== undefined) {
      (elements.current.get(asked.current) ?? elements.current.get('menu'))?.focus();
    }
    asked.current = action;
  }, [action]);
  return (id: ActionId | 'menu') => (element: HTMLButtonElement | null) => {
    const before = elements.current.get(id);
    if (element === null) {
      left.current = before !== null && before === document.activeElement ? id : left.current;
    } else if (left.current === id) {
      left.current = undefined;
      element.focus();
    }
    elements.current.set(id, element);
  };
}
