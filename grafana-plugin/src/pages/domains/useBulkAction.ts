// SPDX-License-Identifier: Apache-2.0
// One action on many domains, from the dry run to the last outcome. Nothing is done before `send` is called.

import { useMutation, useQuery } from '@tanstack/react-query';
import type { BulkRequest, BulkResult, DomainBrief, Task } from '@vireo/exporter/contract';
import { useId, useRef } from 'react';
import { newKey } from '../../actions/useAction';
import { requestActions } from '../../api/api';
import { type Result, useTasks } from '../../api/queries';
import { type BulkAction, bulkOptions, TARGETS_MAX } from './bulk';

/** What became of it so far. */
export interface BulkProgress {
  /** What would become of each target. */
  readonly dryRun: Result<BulkResult>;
  readonly send: (targets: readonly DomainBrief[], reason: string) => void;
  readonly isSending: boolean;
  /** What Vireo accepted and refused. */
  readonly result: BulkResult | undefined;
  /** The tasks of it, as they go on. */
  readonly tasks: readonly Task[];
  /** The request was refused as a whole or got lost. */
  readonly error: Error | null;
  /** The tasks can't be read, although they were accepted. */
  readonly followError: Error | null;
}

/** For one dialog: `targets` are as the person saw them who decides. */
export function useBulkAction(action: BulkAction, targets: readonly DomainBrief[]): BulkProgress {
  const id = useId();
  const sent = useRef<{ key: string; body: string } | undefined>(undefined);

  const dryRun = useQuery({
    queryKey: ['bulk-dry-run', id],
    queryFn: () => requestActions({ ...bodyOf(action, targets), dryRun: true }, newKey()),
    // It is asked once: the ground must not move under who reads it.
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const request = useMutation({
    mutationFn: ({ acted, reason }: { acted: readonly DomainBrief[]; reason: string }) => {
      const body = { ...bodyOf(action, acted), ...(reason !== '' && { reason }) };
      // A request that got lost is repeated by hand with the key it had: it is done once at most.
      if (sent.current?.body !== JSON.stringify(body)) {
        sent.current = { key: newKey(), body: JSON.stringify(body) };
      }
      return requestActions(body, sent.current.key);
    },
  });
  const bulkId = request.data?.bulkId;
  const followed = useTasks({ bulkId: bulkId ?? '' }, TARGETS_MAX, bulkId !== undefined);

  return {
    dryRun,
    send: (acted, reason) => request.mutate({ acted, reason }),
    isSending: request.isPending,
    result: request.data,
    tasks: followed.items,
    error: request.error,
    followError: bulkId === undefined ? null : followed.error,
  };
}

function bodyOf(action: BulkAction, targets: readonly DomainBrief[]): BulkRequest {
  const options = bulkOptions(action);
  return {
    targets: targets.map(({ host, uuid, id, name }) => ({ host, uuid, ifDomainId: id, ifDomainName: name })),
    action: action.action,
    ...(options && { options }),
  };
}
