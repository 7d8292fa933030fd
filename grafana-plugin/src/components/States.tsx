// SPDX-License-Identifier: Apache-2.0
// What a page shows while it has nothing to show: it loads, there is nothing, it failed, or it may not. One look for all.

import { Trans, t } from '@grafana/i18n';
import { Alert, Button, EmptyState, LinkButton, LoadingPlaceholder, Stack, Text } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { type ApiError, toApiError } from '../api/problem';
import { configurationUrl } from '../urls';

/** Something is being read. */
export function Loading({ what }: { readonly what?: string }) {
  return (
    <div role="status">
      <LoadingPlaceholder text={what ?? t('states.loading', 'Loading …')} />
    </div>
  );
}

/** There is nothing: of nothing at all, or of what was searched for. */
export function Empty({ message, children }: { readonly message: string; readonly children?: ReactNode }) {
  return (
    <EmptyState variant="not-found" message={message} role="status">
      {children}
    </EmptyState>
  );
}

/** Something failed, whole: what, why, what to do, and the code to ask others about. */
export function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const problem = toApiError(error);
  if (problem === undefined) {
    return null;
  }
  if (problem.isUnconfigured) {
    return <Unconfigured problem={problem} />;
  }
  return (
    <Alert severity={problem.isForbidden || problem.isMissing ? 'warning' : 'error'} title={titleOf(problem)}>
      <Stack direction="column" gap={1} alignItems="flex-start">
        <ProblemText problem={problem} />
        {onRetry && !problem.isForbidden && (
          <Button variant="secondary" size="sm" icon="sync" onClick={onRetry}>
            <Trans i18nKey="states.retry">Try again</Trans>
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** What a problem means, what Vireo said of it, advice and code, for alerts. */
export function ProblemText({ problem }: { readonly problem: ApiError }) {
  return (
    <Stack direction="column" gap={0.5}>
      <span>{problem.message}</span>
      <Details text={problem.details} />
      {problem.advice && <span>{problem.advice}</span>}
      <Text variant="bodySmall" color="secondary">
        {problem.code}
        {problem.requestId && ` · ${problem.requestId}`}
      </Text>
    </Stack>
  );
}

/** The server's own words, which are English. */
export function Details({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : (
    <span lang="en">
      <Text variant="bodySmall">{text}</Text>
    </span>
  );
}

/** The four states of a page's one query; its content once there is some. Old content stays beside a new failure. */
export function Loaded<T>({ result, what, children }: LoadedProps<T>) {
  const { data, error, refetch } = result;
  if (data === undefined) {
    return error ? <Failed error={error} onRetry={() => void refetch()} /> : <Loading {...(what && { what })} />;
  }
  return (
    <>
      {error && <Failed error={error} onRetry={() => void refetch()} />}
      {children(data)}
    </>
  );
}
interface LoadedProps<T> {
  readonly result: { readonly data: T | undefined; readonly error: Error | null; readonly refetch: () => unknown };
  readonly what?: string;
  readonly children: (data: T) => ReactNode;
}

function Unconfigured({ problem }: { readonly problem: ApiError }) {
  return (
    <EmptyState
      variant="call-to-action"
      message={t('states.unconfigured', 'Vireo is not connected yet')}
      button={
        <LinkButton href={configurationUrl()} icon="cog">
          <Trans i18nKey="states.configure">Open the configuration</Trans>
        </LinkButton>
      }
    >
      <ProblemText problem={problem} />
    </EmptyState>
  );
}

function titleOf(problem: ApiError): string {
  if (problem.isForbidden) {
    return t('states.forbidden', 'You may not see or do this');
  }
  if (problem.isMissing) {
    return t('states.missing', 'It does not exist, or no longer');
  }
  return t('states.failed', 'This did not work');
}

/** More of a list, and how much there is. */
export function LoadMore({ shown, total, hasMore, isFetching, onMore }: LoadMoreProps) {
  return (
    <Stack direction="row" alignItems="center" gap={2}>
      <Text variant="bodySmall" color="secondary">
        {t('states.shown', '{{shown}} of {{total}}', {
          shown: shown.toLocaleString(),
          total: total.toLocaleString(),
        })}
      </Text>
      {hasMore && (
        <Button variant="secondary" size="sm" disabled={isFetching} onClick={onMore}>
          <Trans i18nKey="states.more">Load more</Trans>
        </Button>
      )}
    </Stack>
  );
}
interface LoadMoreProps {
  readonly shown: number;
  readonly total: number;
  readonly hasMore: boolean;
  readonly isFetching: boolean;
  readonly onMore: () => void;
}
