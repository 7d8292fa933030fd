// SPDX-License-Identifier: Apache-2.0
// For each alert, series that make it fire and series like them that do not; promtool judges them in
// test/integration/alert-rules.test.ts. Series are written as promtool's test files have them, one sample an interval,
// from 1970 on.

/** Series by selector: promtool's notation of their samples. */
export type Series = Readonly<Record<string, string>>;

/** What one alert does with some series. */
export interface AlertCase {
  readonly alert: string;
  /** Between samples and evaluations; a minute unless said. */
  readonly interval?: '1h';
  readonly fires: {
    readonly series: Series;
    /** The labels of the alert but `alertname` and `severity`. */
    readonly labels: Readonly<Record<string, string>>;
    /** How the template shows `$value`, where it does. */
    readonly value?: string;
    readonly at: string;
  };
  /** By why nothing is wrong. */
  readonly quiet: Readonly<Record<string, { readonly series: Series; readonly at: string }>>;
}

const web = { host: 'kvm1', domain: 'web-1' };
const WEB = 'host="kvm1",domain="web-1"';
const POOL = 'host="kvm1",storage_pool="default"';

/** At least one for each alert. */
export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'VireoAbsent',
    fires: { series: { 'vireo_build_info{version="0.1.0"}': '1 1 stale' }, labels: {}, at: '10m' },
    quiet: { 'it is there': { series: { 'vireo_build_info{version="0.1.0"}': '1x10' }, at: '10m' } },
  },
  {
    alert: 'LibvirtHostLost',
    fires: { series: { 'libvirt_up{host="kvm1"}': '1 0x10' }, labels: { host: 'kvm1' }, at: '3m' },
    quiet: {
      'it is up': { series: { 'libvirt_up{host="kvm1"}': '1x10' }, at: '9m' },
      'it was away for a moment': { series: { 'libvirt_up{host="kvm1"}': '1 0 1x8' }, at: '2m' },
    },
  },
  {
    alert: 'VireoPollStale',
    fires: {
      series: {
        'libvirt_up{host="kvm1"}': '1x20',
        'vireo_poll_last_success_timestamp_seconds{host="kvm1",group="statistics"}': '60x20',
      },
      labels: { host: 'kvm1', group: 'statistics' },
      at: '12m',
    },
    quiet: {
      'polls succeed': {
        series: {
          'libvirt_up{host="kvm1"}': '1x20',
          'vireo_poll_success{host="kvm1",group="pools"}': '1x20',
          'vireo_poll_last_success_timestamp_seconds{host="kvm1",group="statistics"}': '0+60x20',
        },
        at: '12m',
      },
      'the host is lost, which has an alert of its own': {
        series: {
          'libvirt_up{host="kvm1"}': '0x20',
          'vireo_poll_success{host="kvm1",group="inventory"}': '0x20',
        },
        at: '12m',
      },
    },
  },
  {
    alert: 'VireoActionFailed',
    fires: {
      series: { 'vireo_actions_total{action="shutdown",result="timed_out"}': '_x20 1x5' },
      labels: { action: 'shutdown', result: 'timed_out' },
      at: '22m',
    },
    quiet: {
      'actions succeed': {
        series: { 'vireo_actions_total{action="shutdown",result="succeeded"}': '0+1x30' },
        at: '20m',
      },
      'the failure is long ago': {
        series: { 'vireo_actions_total{action="shutdown",result="failed"}': '1x60' },
        at: '50m',
      },
    },
  },
  {
    alert: 'VireoFailedLogins',
    fires: {
      series: {
        'vireo_auth_refusals_total{method="password",reason="wrong",instance="a"}': '0x10 0+2x10',
        'vireo_auth_refusals_total{method="password",reason="too_many",instance="a"}': '0x10 0+2x10',
      },
      labels: { method: 'password' },
      value: '36',
      at: '20m',
    },
    quiet: {
      'somebody mistyped': {
        series: { 'vireo_auth_refusals_total{method="token",reason="unknown"}': '0x10 3x20' },
        at: '15m',
      },
      'a scraper gives no password': {
        series: { 'vireo_auth_refusals_total{method="password",reason="missing"}': '0+4x30' },
        at: '30m',
      },
      'it was an hour ago': {
        series: { 'vireo_auth_refusals_total{method="token",reason="unknown"}': '0 500x60' },
        at: '60m',
      },
    },
  },
  {
    alert: 'VireoCertificateExpires',
    interval: '1h',
    fires: {
      series: { 'vireo_web_certificate_expiry_timestamp_seconds{certificate="server"}': '1209600x5' },
      labels: { certificate: 'server' },
      value: '13d 22h 0m 0s',
      at: '2h',
    },
    quiet: {
      'it is good for three weeks': {
        series: { 'vireo_web_certificate_expiry_timestamp_seconds{certificate="server"}': '1814400x5' },
        at: '2h',
      },
      'it was renewed': {
        series: { 'vireo_web_certificate_expiry_timestamp_seconds{certificate="server"}': '864000 8640000x5' },
        at: '2h',
      },
    },
  },
  {
    alert: 'LibvirtCertificateExpires',
    interval: '1h',
    fires: {
      series: {
        'vireo_host_certificate_expiry_timestamp_seconds{host="kvm1",certificate="daemon"}': '86400x50',
        'vireo_host_certificate_expiry_timestamp_seconds{host="kvm1",certificate="client"}': '8640000x50',
      },
      labels: { host: 'kvm1', certificate: 'daemon' },
      value: '-6h 0m 0s',
      at: '30h',
    },
    quiet: {
      'they are good for months': {
        series: { 'vireo_host_certificate_expiry_timestamp_seconds{host="kvm1",certificate="daemon"}': '8640000x5' },
        at: '2h',
      },
    },
  },
  {
    alert: 'LibvirtHostMemoryPressure',
    fires: {
      series: {
        'libvirt_host_memory_total_bytes{host="kvm1"}': '1000x20',
        'libvirt_host_memory_stats_bytes{host="kvm1",kind="free"}': '10x20',
        'libvirt_host_memory_stats_bytes{host="kvm1",kind="buffers"}': '10x20',
        'libvirt_host_memory_stats_bytes{host="kvm1",kind="cached"}': '20x20',
      },
      labels: { host: 'kvm1' },
      value: '4%',
      at: '15m',
    },
    quiet: {
      'caches can be reclaimed': {
        series: {
          'libvirt_host_memory_total_bytes{host="kvm1"}': '1000x20',
          'libvirt_host_memory_stats_bytes{host="kvm1",kind="free"}': '10x20',
          'libvirt_host_memory_stats_bytes{host="kvm1",kind="cached"}': '400x20',
        },
        at: '15m',
      },
    },
  },
  {
    alert: 'LibvirtHostMemoryOvercommitted',
    fires: {
      series: {
        'libvirt_host_memory_total_bytes{host="kvm1"}': '1000x30',
        'libvirt_host_allocated_memory_bytes{host="kvm1",state="active"}': '1250x30',
      },
      labels: { host: 'kvm1' },
      value: '125%',
      at: '20m',
    },
    quiet: {
      'only inactive domains would exceed it': {
        series: {
          'libvirt_host_memory_total_bytes{host="kvm1"}': '1000x30',
          'libvirt_host_allocated_memory_bytes{host="kvm1",state="active"}': '900x30',
          'libvirt_host_allocated_memory_bytes{host="kvm1",state="inactive"}': '900x30',
        },
        at: '20m',
      },
    },
  },
  {
    alert: 'LibvirtHostCpuOvercommitted',
    fires: {
      series: {
        'libvirt_host_cpus{host="kvm1"}': '8x30',
        'libvirt_host_allocated_vcpus{host="kvm1",state="active"}': '40x30',
      },
      labels: { host: 'kvm1' },
      value: '5',
      at: '20m',
    },
    quiet: {
      'four vCPUs a CPU are usual': {
        series: {
          'libvirt_host_cpus{host="kvm1"}': '8x30',
          'libvirt_host_allocated_vcpus{host="kvm1",state="active"}': '32x30',
        },
        at: '20m',
      },
    },
  },
  {
    alert: 'LibvirtStoragePoolFillingUp',
    fires: {
      series: {
        [`libvirt_storage_pool_capacity_bytes{${POOL}}`]: '10000x500',
        [`libvirt_storage_pool_available_bytes{${POOL}}`]: '2400-3x500',
      },
      labels: { host: 'kvm1', storage_pool: 'default' },
      at: '450m',
    },
    quiet: {
      'it fills slowly': {
        series: {
          [`libvirt_storage_pool_capacity_bytes{${POOL}}`]: '10000x500',
          [`libvirt_storage_pool_available_bytes{${POOL}}`]: '2400-0.1x500',
        },
        at: '450m',
      },
      'an empty pool takes a large image': {
        series: {
          [`libvirt_storage_pool_capacity_bytes{${POOL}}`]: '10000x500',
          [`libvirt_storage_pool_available_bytes{${POOL}}`]: '9000-10x500',
        },
        at: '450m',
      },
    },
  },
  {
    alert: 'LibvirtStoragePoolNearlyFull',
    fires: {
      series: {
        [`libvirt_storage_pool_capacity_bytes{${POOL}}`]: '1000x20',
        [`libvirt_storage_pool_available_bytes{${POOL}}`]: '20x20',
      },
      labels: { host: 'kvm1', storage_pool: 'default' },
      value: '2%',
      at: '10m',
    },
    quiet: {
      'a tenth is free': {
        series: {
          [`libvirt_storage_pool_capacity_bytes{${POOL}}`]: '1000x20',
          [`libvirt_storage_pool_available_bytes{${POOL}}`]: '100x20',
        },
        at: '10m',
      },
      'an inactive pool has no size': {
        series: {
          [`libvirt_storage_pool_capacity_bytes{${POOL}}`]: '0x20',
          [`libvirt_storage_pool_available_bytes{${POOL}}`]: '0x20',
        },
        at: '10m',
      },
    },
  },
  {
    alert: 'LibvirtDomainStuck',
    fires: { series: { [`libvirt_domain_timed_out{${WEB}}`]: '0 1x10' }, labels: web, at: '5m' },
    quiet: { 'it was slow once': { series: { [`libvirt_domain_timed_out{${WEB}}`]: '0 1 0x10' }, at: '3m' } },
  },
  {
    alert: 'LibvirtDomainPausedByIoError',
    fires: {
      series: { [`libvirt_domain_state_reason_info{${WEB},state="paused",reason="ioerror"}`]: '1x5' },
      labels: web,
      at: '1m',
    },
    quiet: {
      'a user paused it': {
        series: { [`libvirt_domain_state_reason_info{${WEB},state="paused",reason="user"}`]: '1x5' },
        at: '1m',
      },
    },
  },
  {
    alert: 'LibvirtDomainCrashed',
    fires: {
      series: { [`libvirt_domain_state_reason_info{${WEB},state="shutoff",reason="crashed"}`]: '1x5' },
      labels: web,
      at: '1m',
    },
    quiet: {
      'it was shut down': {
        series: { [`libvirt_domain_state_reason_info{${WEB},state="shutoff",reason="shutdown"}`]: '1x5' },
        at: '1m',
      },
      'it runs again after a crash': {
        series: { [`libvirt_domain_state_reason_info{${WEB},state="running",reason="crashed"}`]: '1x5' },
        at: '1m',
      },
    },
  },
  {
    alert: 'LibvirtDomainDiskError',
    fires: {
      series: { [`libvirt_domain_disk_error_info{${WEB},target_device="vda",error="no-space"}`]: '1x5' },
      labels: { ...web, target_device: 'vda', error: 'no-space' },
      at: '1m',
    },
    quiet: { 'no disk has one': { series: { [`libvirt_domain_disk_errors{${WEB}}`]: '0x5' }, at: '1m' } },
  },
  {
    alert: 'LibvirtDomainMemoryPressure',
    fires: {
      series: {
        [`libvirt_domain_memory_stats_available_bytes{${WEB}}`]: '1000x30',
        [`libvirt_domain_memory_stats_usable_bytes{${WEB}}`]: '30x30',
        [`libvirt_domain_memory_stats_period_seconds{${WEB}}`]: '10x30',
      },
      labels: web,
      value: '3%',
      at: '20m',
    },
    quiet: {
      'a fifth is usable': {
        series: {
          [`libvirt_domain_memory_stats_available_bytes{${WEB}}`]: '1000x30',
          [`libvirt_domain_memory_stats_usable_bytes{${WEB}}`]: '200x30',
          [`libvirt_domain_memory_stats_period_seconds{${WEB}}`]: '10x30',
        },
        at: '20m',
      },
      'its balloon driver is not asked to report': {
        series: {
          [`libvirt_domain_memory_stats_available_bytes{${WEB}}`]: '1000x30',
          [`libvirt_domain_memory_stats_usable_bytes{${WEB}}`]: '30x30',
        },
        at: '20m',
      },
    },
  },
  {
    alert: 'LibvirtDomainSteal',
    fires: {
      series: {
        [`libvirt_domain_vcpu_delay_seconds_total{${WEB},vcpu="0"}`]: '0+30x40',
        [`libvirt_domain_vcpu_delay_seconds_total{${WEB},vcpu="1"}`]: '0+30x40',
        [`libvirt_domain_vcpu_current{${WEB}}`]: '2x40',
      },
      labels: web,
      value: '50%',
      at: '30m',
    },
    quiet: {
      'one vCPU of many waits a little': {
        series: {
          [`libvirt_domain_vcpu_delay_seconds_total{${WEB},vcpu="0"}`]: '0+9x40',
          [`libvirt_domain_vcpu_delay_seconds_total{${WEB},vcpu="1"}`]: '0x40',
          [`libvirt_domain_vcpu_current{${WEB}}`]: '2x40',
        },
        at: '30m',
      },
    },
  },
  {
    alert: 'LibvirtDomainInterfaceErrors',
    fires: {
      series: {
        [`libvirt_domain_interface_stats_receive_errors_total{${WEB},target_device="vnet0"}`]: '0+60x40',
        [`libvirt_domain_interface_stats_transmit_errors_total{${WEB},target_device="vnet0"}`]: '0+60x40',
      },
      labels: { ...web, target_device: 'vnet0' },
      value: '2',
      at: '30m',
    },
    quiet: {
      'its errors are old': {
        series: {
          [`libvirt_domain_interface_stats_receive_errors_total{${WEB},target_device="vnet0"}`]: '70x40',
          [`libvirt_domain_interface_stats_transmit_errors_total{${WEB},target_device="vnet0"}`]: '70x40',
        },
        at: '30m',
      },
    },
  },
  {
    alert: 'LibvirtDomainAutostartDown',
    fires: {
      series: { [`libvirt_domain_autostart{${WEB}}`]: '1x30', [`libvirt_domain_active{${WEB}}`]: '0x30' },
      labels: web,
      at: '15m',
    },
    quiet: {
      'it runs': {
        series: { [`libvirt_domain_autostart{${WEB}}`]: '1x30', [`libvirt_domain_active{${WEB}}`]: '1x30' },
        at: '15m',
      },
      'it need not run': {
        series: { [`libvirt_domain_autostart{${WEB}}`]: '0x30', [`libvirt_domain_active{${WEB}}`]: '0x30' },
        at: '15m',
      },
    },
  },
  {
    alert: 'LibvirtDomainSnapshotOld',
    interval: '1h',
    fires: {
      series: { [`libvirt_domain_snapshots_oldest_timestamp_seconds{${WEB}}`]: '0x400' },
      labels: web,
      value: '15d 0h 0m 0s',
      at: '15d',
    },
    quiet: {
      'it is of last week': {
        series: { [`libvirt_domain_snapshots_oldest_timestamp_seconds{${WEB}}`]: '691200x400' },
        at: '15d',
      },
    },
  },
  {
    alert: 'LibvirtDomainGuestAgentGone',
    fires: {
      series: { [`libvirt_domain_guest_agent_connected{${WEB}}`]: '1x10 0x40' },
      labels: web,
      at: '40m',
    },
    quiet: {
      'the guest never had one': {
        series: { [`libvirt_domain_guest_agent_connected{${WEB}}`]: '0x40' },
        at: '40m',
      },
      'it answers': {
        series: {
          [`libvirt_domain_guest_agent_connected{${WEB}}`]: '1x40',
          [`libvirt_domain_guest_agent_responding{${WEB}}`]: '1x40',
        },
        at: '40m',
      },
    },
  },
];
