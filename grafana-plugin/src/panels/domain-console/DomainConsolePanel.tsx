// SPDX-License-Identifier: Apache-2.0
// The way to a domain's console, and a picture of its screen, taken only while somebody can see it.

import type { PanelProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Stack, usePanelContext } from '@grafana/ui';
import type { DomainBrief } from '@vireo/exporter/contract';
import React, { useRef } from 'react';
import { ConsoleButton } from '../../components/ConsoleButton';
import { Screenshot } from '../../components/Screenshot';
import { DomainLine } from '../DomainLine';
import { OneDomain } from '../OneDomain';
import { PanelFrame } from '../PanelFrame';
import type { DomainConsoleOptions } from './options';
import { useIsVisible } from './useIsVisible';

/** No more often than that, whatever the options of an imported dashboard say. */
const REFRESH_SECONDS_MIN = 5;

/** The panel. */
export function DomainConsolePanel(panel: PanelProps<DomainConsoleOptions>) {
  return (
    <PanelFrame width={panel.width} height={panel.height}>
      <OneDomain panel={panel}>
        {(domain) => <Console key={`${domain.host} ${domain.uuid}`} options={panel.options} domain={domain} />}
      </OneDomain>
    </PanelFrame>
  );
}

function Console({ options, domain }: { readonly options: DomainConsoleOptions; readonly domain: DomainBrief }) {
  const place = useRef<HTMLDivElement>(null);
  const isVisible = useIsVisible(place);
  // Whoever opens a console acts on the guest. A dashboard that doesn't say that actions may run forbids them.
  const canExecute = usePanelContext().canExecuteActions?.() ?? false;
  const { hasScreenshot, refreshSeconds } = options;
  return (
    <DomainLine domain={domain}>
      <Stack direction="column" gap={1}>
        <ConsoleButton
          domain={domain}
          refusal={canExecute ? undefined : t('refusal.dashboard', 'This dashboard does not let you run actions.')}
        />
        <div ref={place}>
          {hasScreenshot && (
            <Screenshot
              domain={domain}
              isPaused={!isVisible}
              {...(refreshSeconds > 0 && {
                isImmediate: true,
                renewMs: Math.max(refreshSeconds, REFRESH_SECONDS_MIN) * 1000,
              })}
            />
          )}
        </div>
      </Stack>
    </DomainLine>
  );
}
