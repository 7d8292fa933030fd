// SPDX-License-Identifier: Apache-2.0
// Opens the console of a domain in a tab of its own. The link works once, for 30 seconds; it is asked for when somebody
// wants in, and is gone from here as soon as it can't be needed any more.

import { Trans, t } from '@grafana/i18n';
import { hasPermission } from '@grafana/runtime';
import { Alert, Button, ButtonGroup, Dropdown, Menu, Stack, TextLink } from '@grafana/ui';
import type { ConsoleTicket } from '@vireo/exporter/contract';
import React, { useEffect, useState } from 'react';
import { type DomainRef, openConsole } from '../api/api';
import { toApiError } from '../api/problem';
import { PERMISSIONS } from '../constants';
import { ProblemText } from './States';

/** A browser that opens the tab hides this one by then. */
const OPENED_MS = 1000;

/** What {@link ConsoleButton} takes. */
export interface ConsoleButtonProps {
  readonly domain: DomainRef;
  /** Why there can be no console now, besides what Grafana's permission says. */
  readonly refusal?: string | undefined;
}

export function ConsoleButton({ domain, refusal }: ConsoleButtonProps) {
  const { open, isOpening, link, error, forget } = useConsole(domain);
  const why = consoleRefusal() ?? refusal;
  const isDisabled = why !== undefined;
  const menu = (
    <Menu>
      <Menu.Item label={t('console.control', 'Use: keyboard and pointer')} onClick={() => open('control')} />
      <Menu.Item label={t('console.view', 'Only look')} onClick={() => open('view')} />
    </Menu>
  );
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      <ButtonGroup>
        <Button
          size="sm"
          variant="secondary"
          icon={isOpening ? 'spinner' : 'monitor'}
          disabled={isDisabled}
          tooltip={why}
          onClick={() => open('control')}
        >
          <Trans i18nKey="console.open">Console</Trans>
        </Button>
        <Dropdown overlay={menu}>
          <Button
            size="sm"
            variant="secondary"
            icon="angle-down"
            disabled={isDisabled}
            aria-label={t('console.how', 'How to open the console')}
          />
        </Dropdown>
      </ButtonGroup>
      {link !== undefined && (
        <Alert severity="info" title={t('console.blocked', 'Did no tab open? The browser may have blocked it.')}>
          <TextLink href={link} external inline={false} onClick={forget}>
            {t('console.link', 'Open the console. This link works once, for 30 seconds')}
          </TextLink>
        </Alert>
      )}
      {error !== undefined && <ConsoleError error={error} />}
    </Stack>
  );
}

/** Why this user can't open consoles or see screens; undefined when they can. */
export function consoleRefusal(): string | undefined {
  return hasPermission(PERMISSIONS.console)
    ? undefined
    : t('refusal.permission', 'Needs the role "Vireo operator" of Grafana.');
}

function ConsoleError({ error }: { readonly error: unknown }) {
  const problem = toApiError(error);
  return problem === undefined ? null : (
    <Alert severity="error" title={t('console.failed', 'The console could not be opened')}>
      <ProblemText problem={problem} />
    </Alert>
  );
}

/** The ticket is in no store: neither React Query's nor the browser's. */
function useConsole(domain: DomainRef) {
  const [isOpening, setOpening] = useState(false);
  const [ticket, setTicket] = useState<ConsoleTicket>();
  const [error, setError] = useState<unknown>();
  const [isBlocked, setBlocked] = useState(false);

  useEffect(() => {
    if (ticket === undefined) {
      return undefined;
    }
    // With noopener nobody is told whether a tab opened. One that opened hides this one.
    const looking = setTimeout(() => setBlocked(true), OPENED_MS);
    const expiring = setTimeout(() => setTicket(undefined), Math.max(0, Date.parse(ticket.expiresAt) - Date.now()));
    const hidden = () => {
      if (document.hidden) {
        setTicket(undefined);
      }
    };
    document.addEventListener('visibilitychange', hidden);
    return () => {
      clearTimeout(looking);
      clearTimeout(expiring);
      document.removeEventListener('visibilitychange', hidden);
    };
  }, [ticket]);

  const open = async (mode: ConsoleTicket['mode']) => {
    // Its buttons are not disabled meanwhile: they would lose the focus.
    if (isOpening) {
      return;
    }
    setOpening(true);
    setError(undefined);
    setBlocked(false);
    setTicket(undefined);
    try {
      const issued = await openConsole(domain, { mode });
      setTicket(issued);
      window.open(issued.url, '_blank', 'noopener,noreferrer');
    } catch (thrown) {
      setError(thrown);
    } finally {
      setOpening(false);
    }
  };
  return {
    open: (mode: ConsoleTicket['mode']) => void open(mode),
    isOpening,
    link: isBlocked ? ticket?.url : undefined,
    error,
    forget: () => setTicket(undefined),
  };
}
