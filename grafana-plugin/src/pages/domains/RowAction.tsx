// SPDX-License-Identifier: Apache-2.0
// The question of an action that was chosen in a row, about the domain as it is now: rows tell less, and may be older.

import { Modal } from '@grafana/ui';
import type { ActionId, DomainBrief } from '@vireo/exporter/contract';
import React from 'react';
import { ActionDialog } from '../../actions/ActionDialog';
import { useDomain } from '../../api/queries';
import { Failed, Loading } from '../../components/States';

/** What {@link RowAction} takes; give it a key of action and domain. */
export interface RowActionProps {
  readonly domain: DomainBrief;
  readonly action: ActionId;
  readonly onDismiss: () => void;
  readonly onEscalate: (action: ActionId) => void;
}

export function RowAction({ domain, ...dialog }: RowActionProps) {
  const { data, error, refetch } = useDomain(domain);
  if (data === undefined) {
    return (
      <Modal isOpen title={domain.name} onDismiss={dialog.onDismiss}>
        {error ? <Failed error={error} onRetry={() => void refetch()} /> : <Loading />}
      </Modal>
    );
  }
  return (
    <ActionDialog
      domain={data}
      startedAtMs={data.startedAt === undefined ? undefined : Date.parse(data.startedAt)}
      viewers={data.consoleSessions}
      {...dialog}
    />
  );
}
