// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SNAPSHOT_FAMILIES } from '../contract/metrics.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';
import { MetricsPage } from './metrics-page.ts';
import { duplicateSeries, parsePage, valueOf } from './testdata/parse-page.ts';
import { DEMO, fields, FROZEN, hostWith, KVM1, KVM2, OFF, statsOf, T0, WEB, WEB_XML } from './testdata/snapshot.ts';

const GOLDEN = join(__dirname, 'testdata/page.prom');

async function pageOf(...snapshots: HostSnapshot[]): Promise<string> {
  const page = new MetricsPage({ now: () => T0 });
  for (const snapshot of snapshots) page.update(snapshot);
  return (await page.render()).toString();
}

function withStats(groups: Parameters<typeof statsOf>[2], more: Partial<DomainSnapshot> = {}): HostSnapshot {
  return hostWith([{ ...WEB, stats: statsOf('web', WEB.uuid, groups), ...more }]);
}

describe('the golden page', () => {
  it('is what the encoder makes of the handmade hosts', async () => {
    const page = await pageOf(KVM1, KVM2, DEMO);
    if (process.env['VIREO_UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, page);
    expect(page).toBe(readFileSync(GOLDEN, 'utf8'));
  });

  it('has a sample of every family, each with the labels of the table and no others', async () => {
    const samples = parsePage(await pageOf(KVM1, KVM2, DEMO));
    for (const family of SNAPSHOT_FAMILIES) {
      const labels = new Set(
        samples.filter(({ name }) => name === family.name).flatMap((sample) => Object.keys(sample.labels)),
      );
      expect({ name: family.name, labels: [...labels].sort() }).toEqual({
        name: family.name,
        // What the configuration looks up in the metadata is a label besides.
        labels: [...family.labels, ...(family.name === 'libvirt_domain_metadata_info' ? ['owner'] : [])].sort(),
      });
    }
  });

  it('has no series twice and counts them', async () => {
    const page = await pageOf(KVM1);
    expect(duplicateSeries(page)).toEqual([]);
    expect(valueOf(page, 'vireo_host_series')).toBe(parsePage(page).length - 1);
  });
});

describe('units', () => {
  const domain = { host: 'kvm1', domain: 'web' };
  const vda = { ...domain, target_device: 'vda' };

  it.each([
    // libvirt's ns
    ['libvirt_domain_info_cpu_time_seconds_total', domain, 123456.789012345],
    ['libvirt_domain_cpu_haltpoll_success_seconds_total', domain, 0.0015],
    ['libvirt_domain_vcpu_time_seconds_total', { ...domain, vcpu: '0' }, 60.000000001],
    ['libvirt_domain_vcpu_delay_seconds_total', { ...domain, vcpu: '3' }, 1e-9],
    ['libvirt_domain_block_stats_read_time_seconds_total', vda, 7.5],
    ['libvirt_domain_block_stats_flush_time_seconds_total', vda, 0.02],
    ['libvirt_domain_iothread_poll_max_seconds', { ...domain, iothread: '1' }, 0.000032768],
    ['libvirt_domain_perf_cpu_clock_seconds_total', domain, 1e-6],
    ['libvirt_domain_kvm_vcpu_event_seconds_total', { ...domain, vcpu: '0', event: 'halt_wait' }, 2.5],
    ['libvirt_domain_kvm_event_seconds_total', { ...domain, event: 'stall' }, 1.5],
    ['libvirt_host_cpu_seconds_total', { host: 'kvm1', mode: 'user' }, 2.5],
    // libvirt's KiB
    ['libvirt_domain_info_memory_usage_bytes', domain, 2_147_483_648],
    ['libvirt_domain_info_maximum_memory_bytes', domain, 4_294_967_296],
    ['libvirt_domain_memory_stats_swap_in_bytes_total', domain, 4096],
    ['libvirt_domain_memory_stats_rss_bytes', domain, 1_264_196_608],
    ['libvirt_domain_interface_limit_receive_burst_bytes', { ...domain, target_device: 'vnet3' }, 524_288],
    // libvirt's kB, which the kernel takes for 1000 bytes
    ['libvirt_domain_interface_limit_transmit_bytes_per_second', { ...domain, target_device: 'vnet3' }, 250_000],
    // libvirt's µs
    ['libvirt_domain_cpu_vcpu_quota_seconds', domain, 0.05],
    // libvirt's ms
    ['libvirt_domain_job_info_time_elapsed_seconds', domain, 1.5],
    ['libvirt_domain_job_info_downtime_seconds', domain, 0.3],
    ['libvirt_domain_control_state_duration_seconds', { host: 'kvm1', domain: 'frozen' }, 61.5],
    // others
    ['libvirt_domain_dirty_rate_bytes_per_second', domain, 3_145_728],
    ['libvirt_domain_dirty_rate_vcpu_bytes_per_second', { ...domain, vcpu: '0' }, 2_097_152],
    ['libvirt_domain_cpu_energy_joules_total', { ...domain, monitor: 'vcpus_0-3', package: '0' }, 100.25],
    ['libvirt_domain_job_info_auto_converge_throttle_ratio', domain, 0.2],
    ['libvirt_host_cpu_frequency_hertz', { host: 'kvm1' }, 2.8e9],
    ['vireo_poll_last_success_timestamp_seconds', { host: 'kvm1', group: 'inventory' }, 1795175999.5],
    // as they are
    ['libvirt_domain_block_stats_read_bytes_total', vda, 104_857_600],
    ['libvirt_domain_memory_stats_major_fault_total', domain, 173],
    ['libvirt_domain_interface_stats_receive_bytes_total', { ...domain, target_device: 'vnet3' }, 2 ** 53 - 1],
  ])('%s', async (name, labels, value) => {
    expect(valueOf(await pageOf(KVM1), name, labels)).toBe(value);
  });

  it('writes integers up to 2^53 digit by digit', async () => {
    expect(await pageOf(KVM1)).toContain('target_device="vnet3"} 9007199254740991\n');
  });
});

describe('what is not known', () => {
  it('is absent: a frozen domain keeps the fields it has and gets no zeros', async () => {
    const page = await pageOf(hostWith([FROZEN]));
    const names = parsePage(page).map(({ name }) => name);
    expect(valueOf(page, 'libvirt_domain_info_cpu_time_seconds_total')).toBe(5);
    expect(names.filter((name) => name.startsWith('libvirt_domain_block_stats_'))).toEqual([]);
    expect(names.filter((name) => name.startsWith('libvirt_domain_vcpu_'))).toEqual([]);
    expect(names).not.toContain('libvirt_domain_autostart');
    expect(valueOf(page, 'libvirt_domain_timed_out')).toBe(1);
    expect(valueOf(page, 'libvirt_domain_timed_out_since_timestamp_seconds')).toBe(T0 / 1000 - 60);
  });

  it('is absent: an inactive domain has its state and facts only', async () => {
    const page = await pageOf(hostWith([OFF]));
    const names = new Set(parsePage(page).map(({ name }) => name));
    expect([...names].filter((name) => name.startsWith('libvirt_domain_')).sort()).toEqual([
      'libvirt_domain_active',
      'libvirt_domain_autostart',
      'libvirt_domain_info',
      'libvirt_domain_info_state',
      'libvirt_domain_persistent',
      'libvirt_domain_state',
      'libvirt_domain_state_reason_info',
      'libvirt_domain_timed_out',
    ]);
    expect(valueOf(page, 'libvirt_domain_active')).toBe(0);
  });

  it('is absent: times libvirt gives as 0 for never', async () => {
    const page = await pageOf(
      withStats({ fields: fields({ 'balloon.last-update': 0, 'dirtyrate.calc_start_time': 0 }) }),
    );
    expect(page).not.toContain('libvirt_domain_memory_stats_last_update');
    expect(page).not.toContain('libvirt_domain_dirty_rate_start');
  });

  it('is absent: counters libvirt gives as -1, numbers that are none, text where a number should be', async () => {
    const block = fields({
      name: 'vda',
      'rd.bytes': -1,
      'wr.bytes': NaN,
      'rd.reqs': Infinity,
      'wr.reqs': 'many',
      'fl.reqs': 0,
    });
    const page = await pageOf(withStats({ block: new Map([[0, block]]) }));
    const values = parsePage(page).filter(({ name }) => /_block_stats_.*_total$/.test(name));
    expect(values.map(({ name, value }) => [name, value])).toEqual([
      ['libvirt_domain_block_stats_flush_requests_total', 0],
    ]);
  });

  it('leaves a host whose domains are not known with its connection and polls', async () => {
    const page = await pageOf(KVM2);
    const names = parsePage(page).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('libvirt_'))).toEqual(['libvirt_up']);
    expect(valueOf(page, 'libvirt_up', { host: 'kvm2' })).toBe(0);
    expect(valueOf(page, 'vireo_host_connection_error_info', { code: 'LV_CONN_REFUSED' })).toBe(1);
    expect(valueOf(page, 'vireo_poll_success', { group: 'inventory' })).toBe(0);
  });

  it('keeps the last domains of a host just lost, with up 0', async () => {
    const page = await pageOf({ ...KVM1, state: KVM2.state });
    expect(valueOf(page, 'libvirt_up')).toBe(0);
    expect(valueOf(page, 'libvirt_domains')).toBe(3);
  });

  it('shows the facts of a host that is up before its first inventory, but no domains', async () => {
    const page = await pageOf({ ...KVM1, domainsKnown: false, domains: new Map() });
    expect(valueOf(page, 'libvirt_host_cpus')).toBe(16);
    expect(valueOf(page, 'libvirt_domains')).toBeUndefined();
    expect(valueOf(page, 'libvirt_domains_by_state', { state: 'running' })).toBeUndefined();
  });
});

describe('states', () => {
  const states = async (state: DomainSnapshot['state']) =>
    parsePage(await pageOf(hostWith([{ ...OFF, state }]))).filter(({ name }) => name === 'libvirt_domain_state');

  it('are a StateSet: all eight, exactly one of them 1', async () => {
    const samples = await states('paused');
    expect(samples.map(({ labels, value }) => [labels['state'], value])).toEqual([
      ['nostate', 0],
      ['running', 0],
      ['blocked', 0],
      ['paused', 1],
      ['shutdown', 0],
      ['shutoff', 0],
      ['crashed', 0],
      ['pmsuspended', 0],
    ]);
  });

  it('include one newer than this code, so that still exactly one is 1', async () => {
    const samples = await states('unknown-12');
    expect(samples).toHaveLength(9);
    expect(samples.filter(({ value }) => value === 1).map(({ labels }) => labels['state'])).toEqual(['unknown-12']);
    const page = await pageOf(hostWith([{ ...OFF, state: 'unknown-12' }]));
    expect(valueOf(page, 'libvirt_domain_info_state')).toBe(12);
    expect(valueOf(page, 'libvirt_domains_by_state', { state: 'unknown-12' })).toBe(1);
  });

  it('are counted, states without a domain as 0', async () => {
    const page = await pageOf(KVM1);
    expect(valueOf(page, 'libvirt_domains_by_state', { state: 'running' })).toBe(2);
    expect(valueOf(page, 'libvirt_domains_by_state', { state: 'shutoff' })).toBe(1);
    expect(valueOf(page, 'libvirt_domains_by_state', { state: 'crashed' })).toBe(0);
  });
});

describe('hostile names', () => {
  it.each([
    ['quotes', 'a"b"'],
    ['backslashes', '\\a\\n\\'],
    ['line feeds', 'a\nlibvirt_up 0\n'],
    ['carriage returns and tabs', 'a\r\tb'],
    ['braces, commas and equals signs', '},host="x",y="z"} 1 #'],
    ['emoji and other scripts', '🐦 Спаси 虚拟机'],
    ['one kilobyte', 'ß'.repeat(512)],
    ['one space', ' '],
  ])('with %s come back as they were', async (_, name) => {
    const hostile: DomainSnapshot = {
      ...WEB,
      name,
      xml: {
        ...WEB_XML,
        title: name,
        disks: [{ targetDevice: 'vda', type: 'file', device: 'disk', sourceFile: name }],
      },
      stats: statsOf(name, WEB.uuid, { block: new Map([[0, fields({ name, 'rd.bytes': 5 })]]) }),
    };
    const page = await pageOf(hostWith([hostile], { host: name, pools: [{ uuid: 'p', name, timedOut: false }] }));
    const labels = { host: name, domain: name };
    expect(valueOf(page, 'libvirt_domain_active', labels)).toBe(1);
    expect(valueOf(page, 'libvirt_domain_info', { ...labels, title: name })).toBe(1);
    expect(valueOf(page, 'libvirt_domain_block_stats_info', { ...labels, source_file: name })).toBe(1);
    expect(valueOf(page, 'libvirt_domain_block_stats_read_bytes_total', { ...labels, target_device: name })).toBe(5);
    expect(valueOf(page, 'libvirt_storage_pool_timed_out', { host: name, storage_pool: name })).toBe(0);
    expect(valueOf(page, 'libvirt_up')).toBe(1);
  });
});

describe('devices', () => {
  const hostdev = (mac: string, alias?: string) => ({ type: 'hostdev', macAddress: mac, ...(alias ? { alias } : {}) });
  const devices = async (snapshot: HostSnapshot, name: string) =>
    parsePage(await pageOf(snapshot))
      .filter((sample) => sample.name === name)
      .map(({ labels }) => labels['target_device']);

  it('without a target are named by alias, then MAC address, in values and info alike', async () => {
    const snapshot = withStats(
      { net: new Map([0, 1, 2].map((index) => [index, fields({ 'rx.bytes': index })])) },
      {
        xml: {
          ...WEB_XML,
          interfaces: [
            hostdev('52:54:00:00:00:01', 'hostdev0'),
            hostdev('52:54:00:00:00:02'),
            hostdev('52:54:00:00:00:03'),
          ],
        },
      },
    );
    const expected = ['hostdev0', '52:54:00:00:00:02', '52:54:00:00:00:03'];
    expect(await devices(snapshot, 'libvirt_domain_interface_stats_receive_bytes_total')).toEqual(expected);
    expect(await devices(snapshot, 'libvirt_domain_interface_stats_info')).toEqual(expected);
    expect(valueOf(await pageOf(snapshot), 'vireo_host_unlabelled_objects')).toBe(0);
  });

  it('without any name are left out and counted', async () => {
    const snapshot = withStats(
      {
        net: new Map([0, 1].map((index) => [index, fields({ name: '', 'rx.bytes': index })])),
        block: new Map([[0, fields({ 'rd.bytes': 1 })]]),
      },
      { xml: { ...WEB_XML, interfaces: [] } },
    );
    const page = await pageOf(snapshot);
    expect(page).not.toContain('receive_bytes_total');
    expect(page).not.toContain('read_bytes_total');
    expect(valueOf(page, 'vireo_host_unlabelled_objects')).toBe(3);
  });

  it('have images below them, one series each, which change nothing of the disks', async () => {
    const snapshot = withStats({
      block: new Map([
        [0, fields({ name: 'vda', backingIndex: 5, 'rd.bytes': 1, capacity: 9 })],
        [1, fields({ name: 'vda', backingIndex: 2, capacity: 8 })],
        [2, fields({ name: 'vda', backingIndex: 2, capacity: 7 })],
        [3, fields({ name: 'vdb', backingIndex: 6, 'rd.bytes': 2, capacity: 6 })],
      ]),
    });
    const page = await pageOf(snapshot);
    expect(duplicateSeries(page)).toEqual([]);
    expect(valueOf(page, 'libvirt_domain_block_stats_capacity_bytes', { target_device: 'vda' })).toBe(9);
    expect(valueOf(page, 'libvirt_domain_block_stats_capacity_bytes', { target_device: 'vdb' })).toBe(6);
    const images = parsePage(page).filter(({ name }) => name === 'libvirt_domain_block_backing_capacity_bytes');
    expect(images.map(({ labels, value }) => [labels['target_device'], labels['index'], value])).toEqual([
      ['vda', '2', 8],
    ]);
    expect(valueOf(page, 'vireo_host_unlabelled_objects')).toBe(1);
  });

  it('with the name of another never make the same series twice', async () => {
    const snapshot = withStats(
      {
        block: new Map([
          [0, fields({ name: 'vda', 'rd.bytes': 1 })],
          [1, fields({ name: 'vda', 'rd.bytes': 2 })],
        ]),
        net: new Map([
          [0, fields({ name: 'tap', 'rx.bytes': 1 })],
          [1, fields({ name: 'tap', 'rx.bytes': 2 })],
        ]),
      },
      {
        xml: {
          ...WEB_XML,
          disks: [
            { targetDevice: 'vda', type: 'file', device: 'disk' },
            { targetDevice: 'vda', type: 'block', device: 'disk' },
          ],
          interfaces: [
            { type: 'bridge', targetDevice: 'tap', alias: 'net0' },
            { type: 'bridge', targetDevice: 'tap', alias: 'net1' },
          ],
        },
      },
    );
    const page = await pageOf(snapshot);
    expect(duplicateSeries(page)).toEqual([]);
    expect(valueOf(page, 'libvirt_domain_block_stats_read_bytes_total')).toBe(1);
    expect(await devices(snapshot, 'libvirt_domain_interface_stats_receive_bytes_total')).toEqual(['tap', 'net1']);
    expect(await devices(snapshot, 'libvirt_domain_interface_stats_info')).toEqual(['tap', 'net1']);
    expect(valueOf(page, 'vireo_host_unlabelled_objects')).toBe(1);
  });
});

describe('inactive domains without series', () => {
  it('are counted, promised to and told of as before, and have no series of their own', async () => {
    const shown = await pageOf(hostWith([WEB, OFF]));
    const hidden = await pageOf(hostWith([WEB, OFF], { inactiveSeries: false }));
    expect(hidden).toContain('domain="web"');
    expect(hidden).not.toContain(`domain="${OFF.name}"`);
    for (const name of ['libvirt_domains', 'vireo_host_unlabelled_objects']) {
      expect(valueOf(hidden, name)).toBe(valueOf(shown, name));
    }
    expect(valueOf(hidden, 'libvirt_domains')).toBe(2);
    expect(valueOf(hidden, 'libvirt_domains_by_state', { state: 'shutoff' })).toBe(1);
    const series = parsePage(hidden).filter(({ labels }) => labels['host'] === 'kvm1');
    expect(valueOf(hidden, 'vireo_host_series')).toBe(series.length - 1);
  });
});

describe('domains and pools with the same name', () => {
  it('keep the active domain, whichever comes first, and count the other', async () => {
    for (const order of [
      [OFF, WEB],
      [WEB, OFF],
    ]) {
      const page = await pageOf(hostWith(order.map((domain) => ({ ...domain, name: 'same' }))));
      expect(duplicateSeries(page)).toEqual([]);
      expect(valueOf(page, 'libvirt_domain_active', { domain: 'same' })).toBe(1);
      expect(valueOf(page, 'libvirt_domains')).toBe(2);
      expect(valueOf(page, 'vireo_host_unlabelled_objects')).toBe(1);
    }
  });

  it('keep one pool and count the other', async () => {
    const pools = [1, 2].map((n) => ({ uuid: String(n), name: 'p', capacityBytes: n, timedOut: false }));
    const page = await pageOf(hostWith([], { pools }));
    expect(duplicateSeries(page)).toEqual([]);
    expect(valueOf(page, 'vireo_host_unlabelled_objects')).toBe(1);
  });
});

describe('a row of snapshots of one host', () => {
  it('shows only what the last one has', async () => {
    let now = T0;
    const page = new MetricsPage({ now: () => now });
    const second = { ...WEB, xml: { ...WEB_XML, title: 'renamed' }, state: 'paused', reason: 'user' } as const;
    page.update(hostWith([WEB, OFF]));
    now += 5000;
    page.update(hostWith([second], { generation: 2 }));
    const text = (await page.render()).toString();
    expect(text).not.toContain('domain="off"');
    expect(valueOf(text, 'libvirt_domain_info', { title: 'renamed' })).toBe(1);
    expect(valueOf(text, 'libvirt_domain_state_reason_info', { state: 'paused', reason: 'user' })).toBe(1);
    expect(valueOf(text, 'libvirt_domain_state', { state: 'paused' })).toBe(1);
    expect(duplicateSeries(text)).toEqual([]);
  });

  it('names devices rightly after a hundred were plugged and unplugged', async () => {
    let now = T0;
    const page = new MetricsPage({ now: () => now });
    for (let n = 1; n <= 100; n++) {
      now += 5000;
      const net = new Map([[0, fields({ name: `vnet${String(n)}`, 'rx.bytes': n })]]);
      page.update({ ...withStats({ net }), generation: n });
    }
    const samples = parsePage(await page.render()).filter(({ name }) => name.endsWith('receive_bytes_total'));
    expect(samples.map(({ labels, value }) => [labels['target_device'], value])).toEqual([['vnet100', 100]]);
  });
});
