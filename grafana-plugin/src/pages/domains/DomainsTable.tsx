// SPDX-License-Identifier: Apache-2.0
// The rows of the page of domains.

import { dateTime } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, Checkbox, ContextMenu, Icon, Stack, Text, TextLink } from '@grafana/ui';
import { ACTION_IDS, type ActionId, type DomainBrief, type HostBrief } from '@vireo/exporter/contract';
import React, { useCallback, useMemo, useState } from 'react';
import { ActionItems } from '../../actions/ActionMenu';
import { Hypervisor } from '../../components/Hypervisor';
import { Sparkline } from '../../components/Sparkline';
import { StateBadge } from '../../components/StateBadge';
import { type VirtualColumn, VirtualTable } from '../../components/VirtualTable';
import { domainUrl, hostUrl } from '../../urls';
import { type CpuHistory, historyKey, useCpuHistory } from './useCpuHistory';
import type { Selection } from './useSelection';
import { keyOf } from './view';

/** A tenth of one CPU: less than that is drawn as little. */
const CPU_TOP_MIN = 0.1;
/** Rows asked about until it is known which are in view. */
const ROWS_FIRST = 20;
/** Who sees the menus may act; the API judges each domain. */
const ACTING = { mayOperate: true };

/** What {@link DomainsTable} takes. */
export interface DomainsTableProps {
  readonly rows: readonly DomainBrief[];
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  /** Goes back to the first row whenever it changes. */
  readonly topOf: string;
  readonly lost: ReadonlyMap<string, HostBrief>;
  /** Left out: nobody acts here, so nothing can be selected. */
  readonly selection?: Selection;
  readonly onAction?: (domain: DomainBrief, action: ActionId) => void;
}

export function DomainsTable({ rows, sort, onSort, topOf, lost, selection, onAction }: DomainsTableProps) {
  const [visible, setVisible] = useState<readonly DomainBrief[]>(() => rows.slice(0, ROWS_FIRST));
  const [menu, setMenu] = useState<RowMenu>();
  const onVisible = useCallback(
    (now: readonly DomainBrief[]) => setVisible((before) => (keysOf(before) === keysOf(now) ? before : now)),
    [],
  );
  const { history, error } = useCpuHistory(visible);
  const columns = useMemo(
    () => [
      ...(selection ? [selectColumn(selection)] : []),
      ...factColumns(lost),
      ...(history ? [cpuColumn(history, error)] : []),
      ...(onAction ? [actionColumn(setMenu)] : []),
    ],
    [selection, lost, history, error, onAction],
  );
  return (
    <>
      <VirtualTable
        label={t('domains.title', 'Domains')}
        columns={columns}
        items={rows}
        keyOf={keyOf}
        sort={sort}
        onSort={onSort}
        topOf={topOf}
        onVisible={onVisible}
        {...(selection && { isSelected: selection.has })}
      />
      {menu && onAction && <OpenMenu menu={menu} onAction={onAction} onClose={() => setMenu(undefined)} />}
    </>
  );
}

function keysOf(rows: readonly DomainBrief[]): string {
  return rows.map(keyOf).join(' ');
}

type DomainColumn = VirtualColumn<DomainBrief>;

function selectColumn({ has, toggle, toggleShown, ofShown }: Selection): DomainColumn {
  return {
    id: 'select',
    width: '3rem',
    header: (
      <Checkbox
        aria-label={t('domains.select-all', 'Select all that are listed')}
        value={ofShown === 'all'}
        indeterminate={ofShown === 'some'}
        onChange={toggleShown}
      />
    ),
    cell: (domain) => (
      <Checkbox
        aria-label={t('domains.select', 'Select {{name}} on {{host}}', {
          name: domain.name,
          host: domain.host,
          interpolation: { escapeValue: false },
        })}
        value={has(domain)}
        onChange={({ nativeEvent }) => toggle(domain, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
      />
    ),
  };
}

function factColumns(lost: ReadonlyMap<string, HostBrief>): DomainColumn[] {
  return [
    {
      id: 'name',
      header: t('domains.name', 'Domain'),
      isSortable: true,
      cell: ({ host, uuid, name, title }) => (
        <>
          <TextLink href={domainUrl(host, uuid)} inline>
            {name}
          </TextLink>{' '}
          {title !== undefined && (
            <Text variant="bodySmall" color="secondary">
              {title}
            </Text>
          )}
        </>
      ),
    },
    {
      id: 'state',
      header: t('domains.state', 'State'),
      width: '14rem',
      isSortable: true,
      cell: ({ state, reason }) => (
        <Stack direction="row" gap={0.5} alignItems="center">
          <StateBadge state={state} />
          <Text variant="bodySmall" color="secondary">
            {/* Drivers without reasons say that. */}
            {reason !== 'unknown' && reason}
          </Text>
        </Stack>
      ),
    },
    {
      id: 'host',
      header: t('domains.host', 'Host'),
      width: '20%',
      isSortable: true,
      cell: ({ host }) => <HostCell host={host} lost={lost.get(host)} />,
    },
    {
      id: 'driver',
      header: t('domains.driver', 'Hypervisor'),
      width: '10rem',
      isSortable: true,
      cell: ({ driver, simulated }) => (
        <Hypervisor {...(driver !== undefined && { driver })} {...(simulated && { simulated })} />
      ),
    },
  ];
}

function HostCell({ host, lost }: { readonly host: string; readonly lost: HostBrief | undefined }) {
  return (
    <>
      <TextLink href={hostUrl(host)} inline>
        {host}
      </TextLink>{' '}
      {lost && (
        <Text variant="bodySmall" color="warning">
          <Icon name="exclamation-triangle" size="sm" />{' '}
          {t('domains.seen', 'seen {{when}}', { when: dateTime(lost.since).fromNow() })}
        </Text>
      )}
    </>
  );
}

function cpuColumn(history: CpuHistory, error: Error | null): DomainColumn {
  return {
    id: 'cpu',
    width: '12rem',
    header: (
      <span {...(error && { title: error.message })}>
        {t('domains.cpu', 'CPU, 15 min')} {error && <Icon name="exclamation-triangle" size="sm" />}
      </span>
    ),
    cell: (domain) => <Cpu values={history.get(historyKey(domain))} />,
  };
}

/** Per cent of one CPU, as top counts. */
function Cpu({ values }: { readonly values: readonly number[] | undefined }) {
  const now = values?.filter(Number.isFinite).at(-1);
  if (values === undefined || now === undefined) {
    return null;
  }
  const percent = (cpus: number) => `${(cpus * 100).toFixed(cpus < 0.1 ? 1 : 0)} %`;
  const most = Math.max(...values.filter(Number.isFinite));
  return (
    <Stack direction="row" gap={1} alignItems="center">
      <Sparkline
        values={values}
        topMin={CPU_TOP_MIN}
        label={t('domains.cpu-most', 'At most {{percent}} of one CPU in 15 minutes', { percent: percent(most) })}
      />
      <Text variant="bodySmall">{percent(now)}</Text>
    </Stack>
  );
}

function actionColumn(onMenu: (menu: RowMenu) => void): DomainColumn {
  return {
    id: 'actions',
    width: '6rem',
    header: t('domains.actions', 'Actions'),
    cell: (domain) => (
      <Button
        size="sm"
        variant="secondary"
        fill="text"
        icon="ellipsis-v"
        aria-haspopup="menu"
        aria-label={t('domains.act', 'Act on {{name}}', {
          name: domain.name,
          interpolation: { escapeValue: false },
        })}
        onClick={({ currentTarget }) => onMenu({ domain, opener: currentTarget })}
      />
    ),
  };
}

/** The menu of a row that is open. One for all rows: a menu in each would make scrolling slow. */
interface RowMenu {
  readonly domain: DomainBrief;
  readonly opener: HTMLElement;
}

function OpenMenu({ menu: { domain, opener }, onAction, onClose }: OpenMenuProps) {
  const { right, bottom } = opener.getBoundingClientRect();
  return (
    <ContextMenu
      x={right}
      y={bottom}
      onClose={() => {
        onClose();
        opener.focus();
      }}
      renderMenuItems={() => (
        <ActionItems
          actions={ACTION_IDS}
          domain={domain}
          acting={ACTING}
          onAction={(action) => onAction(domain, action)}
        />
      )}
    />
  );
}
interface OpenMenuProps {
  readonly menu: RowMenu;
  readonly onAction: (domain: DomainBrief, action: ActionId) => void;
  readonly onClose: () => void;
}
