// SPDX-License-Identifier: Apache-2.0
// What a domain's screen shows, as a picture taken when it is asked for: each one costs the hypervisor something.

import { css } from '@emotion/css';
import { dateTimeFormat } from '@grafana/data';
import { Trans, t } from '@grafana/i18n';
import { Button, Stack, Text, useStyles2 } from '@grafana/ui';
import { type DomainBrief, driverLacks } from '@vireo/exporter/contract';
import React, { useEffect, useState } from 'react';
import type { DomainRef } from '../api/api';
import { useScreenshot } from '../api/queries';
import { consoleRefusal } from './ConsoleButton';
import { Failed, Loading } from './States';

/** What {@link Screenshot} takes. */
export interface ScreenshotProps {
  readonly domain: DomainRef & Pick<DomainBrief, 'name' | 'id' | 'driver'>;
  /** Taken at once, and not only when asked for. */
  readonly isImmediate?: boolean;
  /** After how long a new one is taken by itself; left out, only when asked for. */
  readonly renewMs?: number;
  /** Nobody can see it: none is taken meanwhile. */
  readonly isPaused?: boolean;
  /** Why there can be none now, besides what Grafana's permission and the domain's state say. */
  readonly refusal?: string | undefined;
}

export function Screenshot({ domain, isImmediate = false, renewMs, isPaused = false, refusal }: ScreenshotProps) {
  const [isWanted, setWanted] = useState(isImmediate);
  const why =
    consoleRefusal() ??
    refusal ??
    (driverLacks(domain.driver ?? '', undefined, 'DOMAIN_SCREENSHOT')
      ? t('screen.driver', 'libvirt’s driver for this hypervisor takes no pictures of screens.')
      : undefined) ??
    (domain.id === -1 ? t('screen.off', 'A domain that is off has no screen.') : undefined);
  const isShown = isWanted && why === undefined;
  const result = useScreenshot(domain, isShown && !isPaused, renewMs);
  const address = useDataAddress(isShown ? result.data : undefined);
  const styles = useStyles2(getStyles);
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      <Stack direction="row" gap={1} alignItems="center">
        <Button
          size="sm"
          variant="secondary"
          icon="camera"
          // Not while one is taken: it would lose the focus.
          disabled={why !== undefined}
          tooltip={why}
          onClick={() => {
            if (isWanted && !result.isFetching) {
              void result.refetch();
            }
            setWanted(true);
          }}
        >
          {isWanted ? (
            <Trans i18nKey="screen.again">New screenshot</Trans>
          ) : (
            <Trans i18nKey="screen.show">Show the screen</Trans>
          )}
        </Button>
        {address !== undefined && (
          <Text variant="bodySmall" color="secondary">
            {t('screen.taken', 'Taken at {{time}}', {
              time: dateTimeFormat(result.dataUpdatedAt, { format: 'HH:mm:ss' }),
            })}
          </Text>
        )}
      </Stack>
      {isShown && result.isPending && <Loading what={t('screen.loading', 'Taking a picture of the screen …')} />}
      {isShown && result.error && <Failed error={result.error} />}
      {address !== undefined && (
        <img
          className={styles.picture}
          src={address}
          alt={t('screen.alt', 'Screen of {{domain}}', {
            domain: domain.name,
            interpolation: { escapeValue: false },
          })}
        />
      )}
    </Stack>
  );
}

/** As `data:`, which the content security policy of Grafana allows for pictures; `blob:` it does not. */
function useDataAddress(picture: Blob | undefined): string | undefined {
  const [read, setRead] = useState<{ picture: Blob; address: string }>();
  useEffect(() => {
    if (picture === undefined) {
      return undefined;
    }
    const reader = new FileReader();
    reader.onload = () => setRead({ picture, address: String(reader.result) });
    reader.readAsDataURL(picture);
    return () => {
      reader.onload = null;
    };
  }, [picture]);
  return picture !== undefined && read?.picture === picture ? read.address : undefined;
}

const getStyles = () => ({ picture: css({ maxWidth: '100%' }) });
