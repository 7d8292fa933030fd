// SPDX-License-Identifier: Apache-2.0
// The graphs of a host; loaded when they are looked at.

import { t } from '@grafana/i18n';
import React, { useMemo } from 'react';
import { type Graph, Graphs } from '../../metrics/Graphs';
import { type HostGraph, hostGraphs } from './graphs';

export function HostGraphs({ host, uid }: { readonly host: string; readonly uid: string }) {
  const graphs = useMemo(() => hostGraphs(host).map((graph): Graph => ({ ...graph, ...textsOf(graph.id) })), [host]);
  return <Graphs graphs={graphs} uid={uid} />;
}

function textsOf(id: HostGraph['id']): Pick<Graph, 'title' | 'description'> {
  switch (id) {
    case 'cpu':
      return {
        title: t('host-graph.cpu', 'CPU by mode'),
        description: t('host-graph.cpu-about', 'CPUs of the host that are busy in each mode; idle is left out.'),
      };
    case 'cpu-domains':
      return {
        title: t('host-graph.cpu-domains', 'CPU by domain, top ten'),
        description: t('host-graph.cpu-domains-about', 'CPUs that each domain uses, threads of its emulator included.'),
      };
    case 'memory':
      return {
        title: t('host-graph.memory', 'Memory'),
        description: t(
          'host-graph.memory-about',
          'What libvirt counts as free, buffers and cached, beside all there is.',
        ),
      };
    case 'memory-domains':
      return {
        title: t('host-graph.memory-domains', 'Memory by domain, top ten'),
        description: t('host-graph.memory-domains-about', 'Resident memory of the process of each domain.'),
      };
    case 'network':
      return {
        title: t('host-graph.network', 'Network by domain, top ten'),
        description: t('host-graph.network-about', 'What each domain receives and sends, together.'),
      };
    case 'disk':
      return {
        title: t('host-graph.disk', 'Disks by domain, top ten'),
        description: t('host-graph.disk-about', 'What each domain reads and writes, together.'),
      };
    case 'latency':
      return {
        title: t('host-graph.latency', 'Disk latency, top ten'),
        description: t('host-graph.latency-about', 'Mean time of a request, of each disk that has any.'),
      };
    case 'polls':
      return {
        title: t('host-graph.polls', 'Polls'),
        description: t('host-graph.polls-about', 'How long each part of what Vireo asks of the host takes.'),
      };
  }
}
