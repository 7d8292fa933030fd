// SPDX-License-Identifier: Apache-2.0
// Families about what a host gives its domains besides storage: NUMA cells, virtual networks, and what was promised of
// its CPUs and memory; and the events of its domains.

import type { FactSpec } from './metric-family.ts';

/** CPUs and memory that domains were promised; divide by what the host has. */
export const ALLOCATION_FACTS = {
  libvirt_host_allocated_vcpus: {
    type: 'gauge',
    labels: ['host', 'state'],
    what: 'vCPUs of all active and of all inactive domains together at their maximum; absent while the XML of one of them is not known',
    from: 'libvirt domain XML vcpu',
  },
  libvirt_host_allocated_memory_bytes: {
    type: 'gauge',
    labels: ['host', 'state'],
    what: 'Memory of all active and of all inactive domains together at their maximum; absent while the XML of one of them is not known',
    from: 'libvirt domain XML memory',
  },
} as const satisfies Record<string, FactSpec>;

/** NUMA cells. */
export const NUMA_FACTS = {
  libvirt_host_numa_cell_memory_bytes: {
    type: 'gauge',
    labels: ['host', 'cell'],
    what: 'Memory of a NUMA cell',
    from: 'libvirt capabilities XML host/topology/cells/cell/memory',
  },
  libvirt_host_numa_cell_memory_free_bytes: {
    type: 'gauge',
    labels: ['host', 'cell'],
    what: 'Free memory of a NUMA cell',
    from: 'libvirt NODE_GET_CELLS_FREE_MEMORY',
  },
  libvirt_host_numa_cell_cpus: {
    type: 'gauge',
    labels: ['host', 'cell'],
    what: 'Number of logical CPUs of a NUMA cell',
    from: 'libvirt capabilities XML host/topology/cells/cell/cpus',
  },
} as const satisfies Record<string, FactSpec>;

/** Huge pages: every size but the smallest, which is the host's ordinary one. */
export const HUGEPAGE_FACTS = {
  libvirt_host_hugepages: {
    type: 'gauge',
    labels: ['host', 'cell', 'size_bytes'],
    what: 'Number of huge pages a NUMA cell has, free or not',
    from: 'libvirt capabilities XML host/topology/cells/cell/pages',
  },
  libvirt_host_hugepages_free: {
    type: 'gauge',
    labels: ['host', 'cell', 'size_bytes'],
    what: 'Number of free huge pages of a NUMA cell',
    from: 'libvirt NODE_GET_FREE_PAGES',
  },
} as const satisfies Record<string, FactSpec>;

/** Virtual networks. */
export const NETWORK_FACTS = {
  libvirt_network_info: {
    type: 'info',
    labels: ['host', 'network', 'uuid', 'bridge'],
    what: 'What the virtual network is, always 1',
    from: 'libvirt CONNECT_LIST_ALL_NETWORKS and NETWORK_GET_BRIDGE_NAME',
  },
  libvirt_network_active: {
    type: 'gauge',
    labels: ['host', 'network'],
    what: 'Whether the virtual network is active, 1 or 0',
    from: 'libvirt CONNECT_LIST_ALL_NETWORKS active',
  },
  libvirt_network_autostart: {
    type: 'gauge',
    labels: ['host', 'network'],
    what: 'Whether the virtual network starts with its host, 1 or 0',
    from: 'libvirt CONNECT_LIST_ALL_NETWORKS autostart',
  },
  libvirt_network_persistent: {
    type: 'gauge',
    labels: ['host', 'network'],
    what: 'Whether the virtual network keeps its definition when it stops, 1 or 0',
    from: 'libvirt CONNECT_LIST_ALL_NETWORKS persistent',
  },
  libvirt_network_dhcp_leases: {
    type: 'gauge',
    labels: ['host', 'network'],
    what: 'Number of addresses the DHCP server of an active virtual network has given out',
    from: 'libvirt NETWORK_GET_DHCP_LEASES',
  },
} as const satisfies Record<string, FactSpec>;

/** DHCP leases. */
export const LEASE_FACTS = {
  libvirt_network_dhcp_lease_info: {
    type: 'info',
    labels: ['host', 'network', 'address', 'family', 'mac', 'hostname'],
    what: 'An address the DHCP server of a virtual network has given out, always 1; hostname is what the guest calls itself',
    from: 'libvirt NETWORK_GET_DHCP_LEASES',
  },
  libvirt_network_dhcp_lease_expiry_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'network', 'address'],
    what: 'When the lease ends, in seconds since the epoch; absent for one that never does',
    from: 'libvirt NETWORK_GET_DHCP_LEASES expirytime',
  },
  libvirt_network_dhcp_leases_left_out: {
    type: 'gauge',
    labels: ['host', 'network'],
    what: 'Number of leases of the network beyond those that have series',
    from: 'libvirt NETWORK_GET_DHCP_LEASES',
  },
} as const satisfies Record<string, FactSpec>;

/** Events. */
export const EVENT_FACTS = {
  libvirt_domain_events_total: {
    type: 'counter',
    labels: ['host', 'event', 'detail'],
    what: 'Events of domains since Vireo started, by kind, from 0 for each kind the daemon tells of; detail is why, of lifecycle events',
    from: 'libvirt domain events',
  },
} as const satisfies Record<string, FactSpec>;
