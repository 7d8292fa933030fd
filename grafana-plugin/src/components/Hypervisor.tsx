// SPDX-License-Identifier: Apache-2.0
// The kind of hypervisor as icon and text.

import { t } from '@grafana/i18n';
import { Icon, type IconName, Stack, Text } from '@grafana/ui';
import React from 'react';

const ICONS: Readonly<Record<string, IconName>> = {
  qemu: 'cube',
  xen: 'layer-group',
  lxc: 'brackets-curly',
  esx: 'cloud',
  'hyper-v': 'cloud',
  vmware: 'cloud',
  vbox: 'gf-grid',
  test: 'bug',
};

/** libvirt's own name of the driver is shown. */
export function Hypervisor({ driver, simulated }: { readonly driver?: string; readonly simulated?: boolean }) {
  return driver === undefined ? null : (
    <Stack direction="row" gap={0.5} alignItems="center">
      <Icon name={ICONS[driver.toLowerCase()] ?? 'circle'} />
      <Text truncate>{simulated ? t('hypervisor.simulated', '{{driver}}, simulated', { driver }) : driver}</Text>
    </Stack>
  );
}
