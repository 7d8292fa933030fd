// SPDX-License-Identifier: Apache-2.0
// The devices of a domain: disks, interfaces and screens from the API's facts, the rest from its XML, for who may read it.

import { Trans, t } from '@grafana/i18n';
import { Alert, Stack, Text } from '@grafana/ui';
import type { DomainFull } from '@vireo/exporter/contract';
import React from 'react';
import { toApiError } from '../../api/problem';
import { useDomainXml } from '../../api/queries';
import { Failed, Loading } from '../../components/States';
import { FactTable } from './Facts';
import { bytesText } from './format';
import { otherDevices } from './other-devices';

export function DevicesTab({ domain }: { readonly domain: DomainFull }) {
  const { disks, interfaces, graphics } = domain;
  return (
    <Stack direction="column" gap={3}>
      {disks === undefined && interfaces === undefined && (
        <Alert severity="info" title={t('devices.unread', 'Vireo has not read the XML of this domain yet')} />
      )}
      {disks && (
        <FactTable
          title={t('devices.disks', 'Disks')}
          empty={t('devices.no-disks', 'It has no disk.')}
          rows={disks}
          columns={[
            [t('devices.target', 'Target'), (disk) => disk.targetDevice],
            [t('devices.device', 'Device'), (disk) => disk.device],
            [t('devices.bus', 'Bus'), (disk) => disk.bus],
            [t('devices.format', 'Format'), (disk) => disk.driverType],
            [t('devices.source', 'Source'), (disk) => [disk.sourceProtocol, disk.source].filter(Boolean).join(' ')],
            [t('devices.serial', 'Serial'), (disk) => disk.serial],
            [t('devices.capacity', 'Size'), (disk) => bytesText(disk.capacityBytes)],
            [t('devices.allocation', 'On the host'), (disk) => bytesText(disk.allocationBytes)],
            [t('devices.read', 'Read'), (disk) => bytesText(disk.readBytes)],
            [t('devices.written', 'Written'), (disk) => bytesText(disk.writtenBytes)],
          ]}
        />
      )}
      {interfaces && (
        <FactTable
          title={t('devices.interfaces', 'Interfaces')}
          empty={t('devices.no-interfaces', 'It has no interface.')}
          rows={interfaces}
          columns={[
            [t('devices.target', 'Target'), (nic) => nic.targetDevice],
            [t('devices.type', 'Type'), (nic) => nic.type],
            [t('devices.bridge', 'Bridge'), (nic) => nic.sourceBridge],
            [t('devices.mac', 'MAC address'), (nic) => nic.macAddress],
            [t('devices.model', 'Model'), (nic) => nic.modelType],
            [t('devices.link', 'Link'), (nic) => nic.linkState],
            [
              t('devices.addresses', 'Addresses'),
              (nic) => nic.addresses?.map(({ address, source }) => `${address} (${sourceText(source)})`).join(', '),
            ],
            [t('devices.mtu', 'MTU'), (nic) => nic.mtuBytes],
            [t('devices.received', 'Received'), (nic) => bytesText(nic.receivedBytes)],
            [t('devices.sent', 'Sent'), (nic) => bytesText(nic.transmittedBytes)],
          ]}
        />
      )}
      {graphics && (
        <FactTable
          title={t('devices.screens', 'Screens')}
          empty={t('devices.no-screens', 'It has no screen.')}
          rows={graphics}
          columns={[
            [t('devices.type', 'Type'), (screen) => screen.type],
            [t('devices.port', 'Port'), (screen) => screen.port],
            [t('devices.listen', 'Listens on'), (screen) => screen.listen ?? screen.socket],
          ]}
        />
      )}
      <Others domain={domain} />
    </Stack>
  );
}

function Others({ domain }: { readonly domain: DomainFull }) {
  const { data, error, refetch } = useDomainXml(domain);
  if (error !== null && data === undefined) {
    return toApiError(error)?.isForbidden === true ? (
      <Text color="secondary">
        <Trans i18nKey="devices.others-forbidden">
          Consoles, host devices and other devices stand in the XML, which you may not read.
        </Trans>
      </Text>
    ) : (
      <Failed error={error} onRetry={() => void refetch()} />
    );
  }
  if (data === undefined) {
    return <Loading what={t('devices.others-loading', 'Asking for the other devices …')} />;
  }
  return (
    <FactTable
      title={t('devices.others', 'Consoles, host devices and others')}
      empty={t('devices.no-others', 'It has no other device.')}
      rows={otherDevices(data) ?? []}
      columns={[
        [t('devices.device', 'Device'), ({ kind }) => kind],
        [t('devices.type', 'Type'), ({ type }) => type],
        [t('devices.details', 'Details'), ({ details }) => details.join(', ')],
        [t('devices.alias', 'Alias'), ({ alias }) => alias],
      ]}
    />
  );
}

function sourceText(source: string): string {
  switch (source) {
    case 'lease':
      return t('devices.from-lease', 'DHCP');
    case 'arp':
      return t('devices.from-arp', 'seen by the host');
    case 'agent':
      return t('devices.from-agent', 'says the guest');
    default:
      return source;
  }
}
