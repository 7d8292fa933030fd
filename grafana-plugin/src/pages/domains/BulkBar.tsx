// SPDX-License-Identifier: Apache-2.0
// What can be done with the rows that are selected. Each button opens its question; nothing is done here.

import { t } from '@grafana/i18n';
import { Button, Dropdown, Menu, Stack, Text } from '@grafana/ui';
import { ACTION_IDS, type ActionId, type DomainBrief } from '@vireo/exporter/contract';
import React from 'react';
import { DANGEROUS } from '../../actions/ActionBar';
import { type BulkAction, bulkLabel, TARGETS_MAX, typedProof } from './bulk';

const BUTTONS: readonly ActionId[] = ['start', 'shutdown', 'reboot', 'suspend', 'resume', 'destroy'];

/** What {@link BulkBar} takes. */
export interface BulkBarProps {
  readonly selected: readonly DomainBrief[];
  /** Of them, those that the filter hides. */
  readonly hidden: number;
  readonly onAction: (action: BulkAction) => void;
  readonly onClear: () => void;
}

export function BulkBar({ selected, hidden, onAction, onClear }: BulkBarProps) {
  const number = selected.length;
  const others = ACTION_IDS.filter((id) => !BUTTONS.includes(id)).flatMap(choicesOf);
  return (
    <div role="group" aria-label={t('bulk.bar', 'Actions on the selected domains')}>
      <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
        <div role="status">
          <Text variant="bodySmall" color="secondary">
            {hidden === 0
              ? t('bulk.selected', 'Selected: {{number}}', { number })
              : t('bulk.selected-hidden', 'Selected: {{number}}, hidden by the filter: {{hidden}}', {
                  number,
                  hidden,
                })}
          </Text>
        </div>
        {BUTTONS.flatMap(choicesOf).map((choice) => {
          const refusal = refusalOf(choice, selected);
          return (
            <Button
              key={bulkLabel(choice)}
              size="sm"
              {...(typedProof(choice, selected) === undefined ? { variant: 'secondary' } : DANGEROUS)}
              disabled={refusal !== undefined}
              {...(refusal !== undefined && { tooltip: refusal })}
              onClick={() => onAction(choice)}
            >
              {bulkLabel(choice)}
            </Button>
          );
        })}
        <Dropdown
          overlay={() => (
            <Menu>
              {others.map((choice) => {
                const refusal = refusalOf(choice, selected);
                return (
                  <Menu.Item
                    key={bulkLabel(choice)}
                    label={bulkLabel(choice)}
                    destructive={typedProof(choice, selected) !== undefined}
                    disabled={refusal !== undefined}
                    {...(refusal !== undefined && { description: refusal })}
                    onClick={() => onAction(choice)}
                  />
                );
              })}
            </Menu>
          )}
        >
          <Button
            size="sm"
            variant="secondary"
            icon="ellipsis-v"
            aria-label={t('bulk.more', 'More actions on the selected domains')}
          />
        </Dropdown>
        <Button size="sm" variant="secondary" fill="text" disabled={number === 0} onClick={onClear}>
          {t('bulk.clear', 'Select none')}
        </Button>
      </Stack>
    </div>
  );
}

/** `autostart` goes two ways, and of many both may be wanted. */
function choicesOf(action: ActionId): BulkAction[] {
  return action === 'autostart'
    ? [
        { action, enabled: true },
        { action, enabled: false },
      ]
    : [{ action }];
}

/** Why it can't be asked for now. Whether for each, the dry run tells. */
function refusalOf({ action }: BulkAction, selected: readonly DomainBrief[]): string | undefined {
  if (selected.length === 0) {
    return t('bulk.none', 'Select domains first.');
  }
  if (selected.length > TARGETS_MAX) {
    return t('bulk.too-many', 'At most {{max}} domains at once.', { max: TARGETS_MAX });
  }
  return selected.some(({ allowedActions }) => allowedActions.includes(action))
    ? undefined
    : t('bulk.not-one', 'Not one of the selected domains allows it now.');
}
