// SPDX-License-Identifier: Apache-2.0
// What needs attention, before everything else: a few of each kind, and where the others stand.

import { css } from '@emotion/css';
import { dateTime, type GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { hasPermission } from '@grafana/runtime';
import {
  Badge,
  type BadgeColor,
  Icon,
  type IconName,
  LinkButton,
  Stack,
  Text,
  TextLink,
  useStyles2,
} from '@grafana/ui';
import React from 'react';
import { actionLabel } from '../../actions/texts';
import { PERMISSIONS } from '../../constants';
import { domainsUrl, fleetUrl, hostUrl, tasksUrl } from '../../urls';
import { TROUBLES, type Attention, type Trouble } from './attention';

/** More of one kind than that are only counted. */
const NAMED_MAX = 5;

/** What {@link NeedsAttention} takes. */
export interface NeedsAttentionProps {
  readonly groups: ReadonlyMap<Trouble, readonly Attention[]>;
  /** Something of it is still being asked for. */
  readonly isPending: boolean;
  /** What could not be asked for, each in a sentence. */
  readonly unknown: readonly string[];
}

export function NeedsAttention({ groups, isPending, unknown }: NeedsAttentionProps) {
  const styles = useStyles2(getStyles);
  const total = [...groups.values()].reduce((sum, items) => sum + items.length, 0);
  return (
    <section className={styles.frame} aria-labelledby="vireo-attention">
      <Stack direction="column" gap={1.5}>
        <Stack direction="row" gap={1} alignItems="center">
          <Text element="h2" variant="h4" id="vireo-attention">
            {t('attention.title', 'Needs attention')}
          </Text>
          {total > 0 && <Badge color="orange" text={String(total)} />}
        </Stack>
        {total === 0 && (
          <Stack direction="row" gap={1} alignItems="center">
            <Icon name={isPending || unknown.length > 0 ? 'question-circle' : 'check-circle'} />
            <Text>
              {isPending
                ? t('attention.pending', 'Looking …')
                : unknown.length > 0
                  ? t('attention.none-known', 'Nothing that is known')
                  : t('attention.none', 'Nothing')}
            </Text>
          </Stack>
        )}
        {TROUBLES.map((trouble) => {
          const items = groups.get(trouble);
          return items && <Group key={trouble} trouble={trouble} items={items} />;
        })}
        {unknown.map((sentence) => (
          <Text key={sentence} variant="bodySmall" color="secondary">
            {sentence}
          </Text>
        ))}
      </Stack>
    </section>
  );
}

function Group({ trouble, items }: { readonly trouble: Trouble; readonly items: readonly Attention[] }) {
  const styles = useStyles2(getStyles);
  const { color, icon } = LOOKS[trouble];
  const others = items.length - NAMED_MAX;
  const title = titleOf(trouble);
  const counted = `${title} ${String(items.length)}`;
  return (
    <div className={styles.group}>
      <div className={styles.kind}>
        <Badge color={color} icon={icon} text={counted} />
      </div>
      <ul className={styles.items} aria-label={title}>
        {items.slice(0, NAMED_MAX).map((item) => (
          <Item key={`${item.host}/${item.name ?? ''}/${item.url}`} item={item} />
        ))}
        {others > 0 && (
          <li>
            <TextLink href={allOf(trouble)} inline>
              {t('attention.more', '{{others}} more', { others })}
            </TextLink>
          </li>
        )}
      </ul>
    </div>
  );
}

function Item({ item }: { readonly item: Attention }) {
  const { host, name, url, detail, since, remedy } = item;
  const styles = useStyles2(getStyles);
  const remedyLabel = remedy && `${actionLabel(remedy.action)}: ${name ?? host}`;
  return (
    <li className={styles.item}>
      <TextLink href={url} inline weight="medium">
        {name ?? host}
      </TextLink>
      {name !== undefined && (
        <span>
          {t('attention.at', 'at')}{' '}
          <TextLink href={hostUrl(host)} inline>
            {host}
          </TextLink>
        </span>
      )}
      {since !== undefined && <span title={since}>{dateTime(since).fromNow()}</span>}
      {detail !== undefined && <Text color="secondary">{detailOf(item, detail)}</Text>}
      {remedy && hasPermission(PERMISSIONS.operate) && (
        <LinkButton href={remedy.url} size="sm" variant="secondary" aria-label={remedyLabel}>
          {`${actionLabel(remedy.action)} …`}
        </LinkButton>
      )}
    </li>
  );
}

const LOOKS: Readonly<Record<Trouble, { readonly color: BadgeColor; readonly icon: IconName }>> = {
  'host-lost': { color: 'red', icon: 'exclamation-circle' },
  crashed: { color: 'red', icon: 'exclamation-circle' },
  'io-error': { color: 'red', icon: 'exclamation-circle' },
  stuck: { color: 'red', icon: 'exclamation-circle' },
  'pool-full': { color: 'orange', icon: 'exclamation-triangle' },
  'task-failed': { color: 'orange', icon: 'exclamation-triangle' },
  'autostart-off': { color: 'orange', icon: 'exclamation-triangle' },
  paused: { color: 'orange', icon: 'pause' },
};

function titleOf(trouble: Trouble): string {
  switch (trouble) {
    case 'host-lost':
      return t('attention.host-lost', 'Host lost');
    case 'crashed':
      return t('attention.crashed', 'Crashed');
    case 'io-error':
      return t('attention.io-error', 'Paused by an I/O error');
    case 'stuck':
      return t('attention.stuck', 'Stuck: does not answer');
    case 'pool-full':
      return t('attention.pool-full', 'Storage pool nearly full');
    case 'task-failed':
      return t('attention.task-failed', 'Action failed');
    case 'autostart-off':
      return t('attention.autostart-off', 'Off, though it starts with its host');
    case 'paused':
      return t('attention.paused', 'Paused');
  }
}

function detailOf({ trouble }: Attention, detail: string): string {
  return trouble === 'pool-full' ? t('attention.free', '{{percent}} free', { percent: detail }) : detail;
}

/** Where all of a kind can be seen; full pools and stuck domains have no list of their own. */
function allOf(trouble: Trouble): string {
  switch (trouble) {
    case 'host-lost':
      return fleetUrl({ state: ['lost'] });
    case 'crashed':
      return domainsUrl({ state: ['crashed', 'shutoff', 'paused'] });
    case 'io-error':
    case 'paused':
      return domainsUrl({ state: ['paused'] });
    case 'autostart-off':
      return domainsUrl({ state: ['shutoff'] });
    case 'task-failed':
      return tasksUrl({ state: ['failed', 'timed_out', 'unknown'] });
    case 'stuck':
      return domainsUrl({ state: ['running'] });
    case 'pool-full':
      return fleetUrl();
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  frame: css({
    padding: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
  }),
  group: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1, 2) }),
  kind: css({ flex: `0 0 ${theme.spacing(32)}` }),
  items: css({ flex: '1 1 0', minWidth: theme.spacing(40), listStyle: 'none' }),
  item: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(0.5, 1),
    minHeight: theme.spacing(3),
    overflowWrap: 'anywhere',
  }),
});
