// SPDX-License-Identifier: Apache-2.0
// One action from the click to its true outcome. Nothing is sent before `send` is called, and nothing twice.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ActionId, isFinal, type Task } from '@vireo/exporter/contract';
import { useEffect, useRef } from 'react';
import { requestAction } from '../api/api';
import { KEYS, useTask } from '../api/queries';
import type { ActionTarget } from './availability';
import type { ActionOptions } from './options';

/** What became of it so far. */
export interface ActionProgress {
  readonly send: (reason: string, options: ActionOptions | undefined) => void;
  /** The request is under way: Vireo has not accepted it yet. */
  readonly isSending: boolean;
  /** What Vireo accepted, followed to its end. */
  readonly task: Task | undefined;
  /** The request was refused or got lost. */
  readonly error: Error | null;
  /** The task can't be read (any more), although it was accepted. */
  readonly followError: Error | null;
}

/** For one dialog: `domain` is as the person saw it who decides. */
export function useAction(action: ActionId, domain: ActionTarget): ActionProgress {
  const client = useQueryClient();
  // A request that got lost is repeated by hand with the key it had: it is done once at most.
  const sent = useRef<{ key: string; as: string } | undefined>(undefined);

  const request = useMutation({
    mutationFn: ({ reason, options }: { reason: string; options: ActionOptions | undefined }) => {
      const as = JSON.stringify([reason, options]);
      if (sent.current?.as !== as) {
        sent.current = { key: newKey(), as };
      }
      return requestAction(
        domain,
        {
          action,
          ifDomainId: domain.id,
          ifDomainName: domain.name,
          ...(options && { options }),
          ...(reason !== '' && { reason }),
        },
        sent.current.key,
      );
    },
    onSuccess: (task) => client.setQueryData<Task>(KEYS.task(task.id), (known) => known ?? task),
  });
  const followed = useTask(request.data?.id);
  const task = followed.data ?? request.data;

  const isOver = task !== undefined && isFinal(task.state);
  const { host, uuid } = domain;
  useEffect(() => {
    if (isOver) {
      for (const queryKey of [
        KEYS.domain({ host, uuid }),
        KEYS.domainXml({ host, uuid }),
        KEYS.domainLists,
        KEYS.taskLists,
      ]) {
        void client.invalidateQueries({ queryKey });
      }
    }
  }, [client, isOver, host, uuid]);

  return {
    send: (reason, options) => request.mutate({ reason, options }),
    isSending: request.isPending,
    task,
    error: request.error,
    followError: isOver ? null : followed.error,
  };
}

/** Unguessable isn't asked for, only unique. crypto.randomUUID exists on https pages alone. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
