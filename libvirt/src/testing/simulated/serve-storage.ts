// SPDX-License-Identifier: Apache-2.0
// Pools, their volumes, and networks.

import * as networks from '../../protocol/network.ts';
import * as storage from '../../protocol/storage.ts';
import { ERROR_FROM, daemonError } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import { escape } from './domain-xml.ts';
import type { SimulatedHost, SimulatedPool } from './host.ts';
import { OBJECT_FILTERS, passes } from './list-filter.ts';
import type { DiskSpec, NetworkSpec } from './spec.ts';

/** Answers everything about pools, volumes and networks. */
export function serveStorage(table: HandlerTable, host: SimulatedHost): void {
  servePools(table, host);
  serveVolumes(table, host);
  serveNetworks(table, host);
}

function servePools(table: HandlerTable, host: SimulatedHost): void {
  table.on(storage.CONNECT_LIST_ALL_STORAGE_POOLS, ({ need_results, flags }) => {
    const pools = host.pools
      .filter((p) => passes({ active: p.state !== 0, persistent: true, autostart: p.autostart }, flags, OBJECT_FILTERS))
      .map(({ spec: { name, uuid } }) => ({ name, uuid }));
    return { pools: need_results === 0 ? [] : pools, ret: pools.length };
  });
  table.on(storage.STORAGE_POOL_LOOKUP_BY_NAME, ({ name }) => ({ pool: refOf(findPool(host, { name })) }));
  table.on(storage.STORAGE_POOL_LOOKUP_BY_UUID, ({ uuid }) => ({ pool: refOf(findPool(host, { uuid, name: '' })) }));
  table.on(storage.STORAGE_POOL_GET_INFO, ({ pool }) => {
    const { spec, state } = findPool(host, pool);
    const capacity = BigInt(spec.capacityBytes);
    const allocation = BigInt(spec.allocationBytes);
    return { state, capacity, allocation, available: capacity - allocation };
  });
  table.on(storage.STORAGE_POOL_GET_XML_DESC, ({ pool }) => ({ xml: poolXml(findPool(host, pool)) }));
  table.on(storage.STORAGE_POOL_GET_AUTOSTART, ({ pool }) => ({ autostart: findPool(host, pool).autostart }));
  table.on(storage.STORAGE_POOL_IS_ACTIVE, ({ pool }) => ({ active: findPool(host, pool).state !== 0 }));
  table.on(storage.STORAGE_POOL_IS_PERSISTENT, ({ pool }) => {
    findPool(host, pool);
    return { persistent: true };
  });
  table.on(storage.STORAGE_POOL_REFRESH, ({ pool }) => {
    activePool(host, pool);
    return {};
  });
}

function serveVolumes(table: HandlerTable, host: SimulatedHost): void {
  table.on(storage.STORAGE_POOL_LIST_ALL_VOLUMES, ({ pool, need_results }) => {
    const { spec } = activePool(host, pool);
    const vols = disksIn(host, spec.path).map(({ path }) => ({ pool: spec.name, name: fileName(path), key: path }));
    return { vols: need_results === 0 ? [] : vols, ret: vols.length };
  });
  table.on(storage.STORAGE_VOL_GET_INFO, ({ vol }) => volumeInfo(host, vol.key));
  table.on(storage.STORAGE_VOL_GET_INFO_FLAGS, ({ vol }) => volumeInfo(host, vol.key));
  table.on(storage.STORAGE_VOL_GET_PATH, ({ vol }) => {
    volumeInfo(host, vol.key);
    return { name: vol.key };
  });
}

function serveNetworks(table: HandlerTable, host: SimulatedHost): void {
  table.on(networks.CONNECT_LIST_ALL_NETWORKS, ({ need_results, flags }) => {
    const nets = host.networks
      .filter(({ active, autostart }) => passes({ active, persistent: true, autostart }, flags, OBJECT_FILTERS))
      .map(({ name, uuid }) => ({ name, uuid }));
    return { nets: need_results === 0 ? [] : nets, ret: nets.length };
  });
  table.on(networks.NETWORK_LOOKUP_BY_NAME, ({ name }) => ({ net: networkRef(findNetwork(host, { name })) }));
  table.on(networks.NETWORK_LOOKUP_BY_UUID, ({ uuid }) => ({ net: networkRef(findNetwork(host, { uuid, name: '' })) }));
  table.on(networks.NETWORK_GET_XML_DESC, ({ net }) => ({ xml: networkXml(findNetwork(host, net)) }));
  table.on(networks.NETWORK_GET_BRIDGE_NAME, ({ net }) => ({ name: findNetwork(host, net).bridge }));
  table.on(networks.NETWORK_GET_AUTOSTART, ({ net }) => ({ autostart: findNetwork(host, net).autostart }));
  table.on(networks.NETWORK_IS_ACTIVE, ({ net }) => ({ active: findNetwork(host, net).active }));
  table.on(networks.NETWORK_IS_PERSISTENT, ({ net }) => {
    findNetwork(host, net);
    return { persistent: true };
  });
  table.on(networks.NETWORK_GET_DHCP_LEASES, ({ net }) => {
    const network = findNetwork(host, net);
    const leases = host.domains.flatMap((domain) =>
      domain.isActive
        ? domain.spec.nics
            .filter(({ source }) => 'network' in source && source.network === network.name)
            .map(({ mac }) => ({
              iface: network.bridge,
              expirytime: BigInt(Math.floor(host.now() / 1000) + 1800),
              type: 0,
              mac,
              iaid: null,
              ipaddr: `${network.prefix}.${String(10 + domain.id)}`,
              prefix: 24,
              hostname: domain.spec.name,
              clientid: null,
            }))
        : [],
    );
    return { leases, ret: leases.length };
  });
}

function findPool(host: SimulatedHost, ref: { readonly name: string; readonly uuid?: string }): SimulatedPool {
  const byUuid = ({ spec }: SimulatedPool): boolean => spec.uuid === ref.uuid;
  const byName = ({ spec }: SimulatedPool): boolean => spec.name === ref.name;
  const pool = host.pools.find(ref.uuid === undefined ? byName : byUuid);
  if (pool !== undefined) return pool;
  const which = ref.uuid === undefined ? `name '${ref.name}'` : `uuid '${ref.uuid}' (${ref.name})`;
  throw daemonError('NO_STORAGE_POOL', ERROR_FROM.STORAGE, `no storage pool with matching ${which}`);
}

function activePool(host: SimulatedHost, ref: { readonly name: string; readonly uuid: string }): SimulatedPool {
  const pool = findPool(host, ref);
  if (pool.state !== 0) return pool;
  throw daemonError('OPERATION_INVALID', ERROR_FROM.STORAGE, `storage pool '${pool.spec.name}' is not active`);
}

function refOf({ spec }: SimulatedPool): { name: string; uuid: string } {
  return { name: spec.name, uuid: spec.uuid };
}

function disksIn(host: SimulatedHost, directory: string): readonly (DiskSpec & { readonly path: string })[] {
  return host.domains
    .flatMap((domain) => domain.spec.disks)
    .flatMap((disk) => (disk.path?.startsWith(`${directory}/`) === true ? [{ ...disk, path: disk.path }] : []));
}

function volumeInfo(host: SimulatedHost, key: string): { type: number; capacity: bigint; allocation: bigint } {
  const disk = disksIn(host, '').find(({ path }) => path === key);
  if (disk === undefined) {
    throw daemonError('NO_STORAGE_VOL', ERROR_FROM.STORAGE, `no storage vol with matching key '${key}'`);
  }
  return { type: 0, capacity: BigInt(disk.capacityBytes), allocation: BigInt(Math.floor(disk.capacityBytes * 0.45)) };
}

function findNetwork(host: SimulatedHost, ref: { readonly name: string; readonly uuid?: string }): NetworkSpec {
  const network = host.networks.find(({ name, uuid }) =>
    ref.uuid === undefined ? name === ref.name : uuid === ref.uuid,
  );
  if (network !== undefined) return network;
  const which = ref.uuid === undefined ? `name '${ref.name}'` : `uuid '${ref.uuid}' (${ref.name})`;
  throw daemonError('NO_NETWORK', ERROR_FROM.NETWORK, `no network with matching ${which}`);
}

function networkRef({ name, uuid }: NetworkSpec): { name: string; uuid: string } {
  return { name, uuid };
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function poolXml({ spec }: SimulatedPool): string {
  return [
    `<pool type='${spec.type}'>`,
    `  <name>${escape(spec.name)}</name>`,
    `  <uuid>${spec.uuid}</uuid>`,
    `  <capacity unit='bytes'>${String(spec.capacityBytes)}</capacity>`,
    `  <allocation unit='bytes'>${String(spec.allocationBytes)}</allocation>`,
    `  <available unit='bytes'>${String(spec.capacityBytes - spec.allocationBytes)}</available>`,
    '  <source>',
    '  </source>',
    '  <target>',
    `    <path>${escape(spec.path)}</path>`,
    '  </target>',
    '</pool>',
    '',
  ].join('\n');
}

function networkXml({ name, uuid, bridge, prefix }: NetworkSpec): string {
  return [
    '<network>',
    `  <name>${escape(name)}</name>`,
    `  <uuid>${uuid}</uuid>`,
    `  <forward mode='nat'/>`,
    `  <bridge name='${escape(bridge)}' stp='on' delay='0'/>`,
    `  <ip address='${prefix}.1' netmask='255.255.255.0'>`,
    '    <dhcp>',
    `      <range start='${prefix}.2' end='${prefix}.254'/>`,
    '    </dhcp>',
    '  </ip>',
    '</network>',
    '',
  ].join('\n');
}
