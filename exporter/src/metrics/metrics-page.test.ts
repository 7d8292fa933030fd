// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { METRIC_GROUPS } from '../contract/groups.ts';
import type { MetricGroup } from '../contract/groups.ts';
import { SNAPSHOT_SECTIONS } from '../contract/metrics.ts';
import { MetricsPage } from './metrics-page.ts';
import type { PageRequest, ProcessMetrics } from './metrics-page.ts';
import { parsePage, valueOf } from './testdata/parse-page.ts';
import { hostWith, KVM1, KVM2, OFF, T0, WEB } from './testdata/snapshot.ts';

/** Counts how often its text was asked for. */
class CountingProcess implements ProcessMetrics {
  asked = 0;
  readonly scrapes: { encoding: string; bytes: number }[] = [];

  text(): Promise<string> {
    this.asked++;
    return Promise.resolve(`asked ${String(this.asked)}\n`);
  }

  observeScrape({ encoding, bytes }: { encoding: string; bytes: number }): void {
    this.scrapes.push({ encoding, bytes });
  }
}

async function text(page: MetricsPage, host?: string): Promise<string> {
  return (await page.render(host === undefined ? {} : { host })).toString();
}

// A page of a thousand domains, on a machine that has six other things to do.
jest.setTimeout(60_000);

describe('MetricsPage', () => {
  it('is empty without hosts', async () => {
    expect(await text(new MetricsPage())).toBe('');
  });

  it('puts all hosts of a family under one header', async () => {
    const page = new MetricsPage();
    page.update(KVM1);
    page.update(KVM2);
    const lines = (await text(page)).split('\n');
    const headers = lines.filter((line) => line.startsWith('# TYPE'));
    expect(new Set(headers).size).toBe(headers.length);
    const names = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('{')[0]);
    const runs = names.filter((name, index) => name !== names[index - 1]);
    expect(new Set(runs).size).toBe(runs.length);
  });

  it('renders one host alone, without the metrics of the process', async () => {
    const page = new MetricsPage({ process: new CountingProcess() });
    page.update(KVM1);
    page.update(KVM2);
    const hosts = parsePage(await text(page, 'kvm2')).map(({ labels }) => labels['host']);
    expect(new Set(hosts)).toEqual(new Set(['kvm2']));
    expect(await text(page)).toMatch(/\nasked 1\n$/);
  });

  it('encodes a generation once', async () => {
    const page = new MetricsPage();
    page.update(hostWith([WEB]));
    page.update(hostWith([WEB, OFF])); // the same generation: not looked at
    expect(valueOf(await text(page), 'libvirt_domains')).toBe(1);
    page.update(hostWith([WEB, OFF], { generation: 2 }));
    expect(valueOf(await text(page), 'libvirt_domains')).toBe(2);
  });

  it('shows the last of a storm of snapshots at the next scrape', async () => {
    let now = T0;
    const page = new MetricsPage({ now: () => now });
    for (let generation = 1; generation <= 50; generation++) {
      now += 1;
      page.update(hostWith(generation === 50 ? [WEB, OFF] : [WEB], { generation }));
    }
    const rendered = await text(page);
    expect(valueOf(rendered, 'libvirt_domains')).toBe(2);
    expect(valueOf(rendered, 'vireo_host_snapshot_timestamp_seconds')).toBe((T0 + 50) / 1000);
  });

  it('shows a host too large for one slice as it was until all of it is encoded, and no scrape waits for that', async () => {
    const page = new MetricsPage({ now: () => T0 });
    const crowd = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...WEB, name: `web-${String(i)}`, uuid: `${WEB.uuid}-${String(i)}` }));
    page.update(hostWith([WEB]));
    page.update(hostWith(crowd(1_000), { generation: 2 }));
    expect(valueOf(await text(page), 'libvirt_domains')).toBe(1);
    let seen = 1;
    while (seen === 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const rendered = await text(page);
      seen = valueOf(rendered, 'libvirt_domains') ?? 0;
      expect(rendered.match(/^libvirt_domain_active\{/gm)).toHaveLength(seen);
    }
    expect(seen).toBe(1_000);
  });

  it('shows a host from its first snapshot on, whatever else is being encoded', async () => {
    const page = new MetricsPage();
    const crowd = Array.from({ length: 1_000 }, (_, i) => ({ ...WEB, name: `web-${String(i)}`, uuid: String(i) }));
    page.update(hostWith([WEB]));
    page.update(hostWith(crowd, { generation: 2 }));
    const scrape = text(page); // begins to encode the crowd
    page.update(KVM2);
    expect(valueOf(await text(page, 'kvm2'), 'libvirt_up')).toBe(0);
    expect(valueOf(await scrape, 'libvirt_domains')).toBe(1);
  });

  it('encodes one waiting host at a scrape, however little time the machine leaves it', async () => {
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 20));
    const page = new MetricsPage();
    page.update(hostWith([WEB]));
    page.update(hostWith([WEB, OFF], { generation: 2 }));
    const rendered = await text(page);
    clock.mockRestore();
    expect(valueOf(rendered, 'libvirt_domains')).toBe(2);
  });

  it('keeps up when the clock is set back', async () => {
    let now = T0;
    const page = new MetricsPage({ now: () => now });
    page.update(hostWith([WEB]));
    now -= 3_600_000;
    page.update(hostWith([], { generation: 2 }));
    expect(valueOf(await text(page), 'libvirt_domains')).toBe(0);
  });

  it('forgets a host that was removed', async () => {
    const page = new MetricsPage();
    page.update(KVM1);
    page.update(KVM2);
    page.remove('kvm1');
    expect(page.has('kvm1')).toBe(false);
    expect(await text(page)).not.toContain('kvm1');
    expect(await text(page, 'kvm1')).toBe('');
  });

  it('is served without a host that cannot be encoded, and says so', async () => {
    const errors: unknown[] = [];
    const page = new MetricsPage({ onError: (error) => errors.push(error) });
    const failure = new Error('an odd record');
    page.update({
      ...KVM1,
      get polls(): never {
        throw failure;
      },
    });
    page.update(KVM2);
    expect(await text(page)).toContain('libvirt_up{host="kvm2"}');
    expect(await text(page)).not.toContain('kvm1');
    expect(errors).toEqual([failure]);
  });

  it('is served without the metrics of the process when those fail, and says so', async () => {
    const errors: unknown[] = [];
    const failure = new Error('no /proc');
    const process: ProcessMetrics = { text: () => Promise.reject(failure), observeScrape: () => undefined };
    const page = new MetricsPage({ process, onError: (error) => errors.push(error) });
    page.update(KVM1);
    expect(valueOf(await text(page), 'libvirt_up')).toBe(1);
    expect(errors).toEqual([failure]);
  });
});

describe('MetricsPage.respond', () => {
  it('answers in text format 0.0.4, compressed when the client takes gzip', async () => {
    const process = new CountingProcess();
    const page = new MetricsPage({ process });
    page.update(KVM1);
    const plain = await page.respond({});
    const gzip = await page.respond({ acceptEncoding: 'gzip' });
    expect(plain?.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(plain?.contentEncoding).toBeUndefined();
    expect(gzip?.contentEncoding).toBe('gzip');
    const unpacked = gunzipSync(gzip?.body ?? Buffer.alloc(0)).toString();
    expect(unpacked).toBe(plain?.body.toString().replace('asked 1', 'asked 2'));
    expect(process.scrapes).toEqual([
      { encoding: 'identity', bytes: plain?.body.length },
      { encoding: 'gzip', bytes: gzip?.body.length },
    ]);
  });

  it('compresses anew after a change, and the metrics of the process every time', async () => {
    const page = new MetricsPage({ process: new CountingProcess() });
    const scrape = async (host?: string) =>
      gunzipSync(
        (await page.respond({ acceptEncoding: 'gzip', ...(host === undefined ? {} : { host }) }))?.body ?? '',
      ).toString();
    page.update(hostWith([WEB]));
    expect(valueOf(await scrape('kvm1'), 'libvirt_domains')).toBe(1);
    expect(await scrape()).toMatch(/asked 1\n$/);
    expect(await scrape()).toMatch(/asked 2\n$/);
    page.update(hostWith([WEB, OFF], { generation: 2 }));
    expect(valueOf((await scrape()).replace(/asked \d+\n$/, ''), 'libvirt_domains')).toBe(2);
    expect(valueOf(await scrape('kvm1'), 'libvirt_domains')).toBe(2);
    page.remove('kvm1');
    expect(await scrape()).toBe('asked 4\n');
  });

  it('serves scrapes at the same time alike', async () => {
    const page = new MetricsPage();
    page.update(KVM1);
    const answers = await Promise.all(Array.from({ length: 20 }, () => page.respond({ acceptEncoding: 'gzip' })));
    expect(new Set(answers.map((answer) => answer?.body.toString('base64'))).size).toBe(1);
  });

  it('does not mix pages that are compressed at the same time', async () => {
    const page = new MetricsPage({ now: () => T0 });
    const answers: Promise<Awaited<ReturnType<MetricsPage['respond']>>>[] = [];
    for (let generation = 1; generation <= 20; generation++) {
      // Every fifth time the loop turns, so that some compressions end before the next begins and others overlap.
      if (generation % 5 === 0) await Promise.all(answers);
      // A small host is encoded on return in a turn of its own.
      await nextTurn();
      page.update(hostWith(generation % 2 === 0 ? [WEB, OFF] : [WEB], { generation, simulated: generation % 3 === 0 }));
      answers.push(page.respond({ acceptEncoding: 'gzip' }));
    }
    const pages = (await Promise.all(answers)).map((answer) => gunzipSync(answer?.body ?? '').toString());
    expect(pages.map((text) => valueOf(text, 'libvirt_domains'))).toEqual(pages.map((_, index) => 1 + (index % 2)));
    expect(pages.map((text) => text.includes('simulated="true"'))).toEqual(pages.map((_, index) => index % 3 === 2));
  });

  it('answers in OpenMetrics to a client that asks for it, with the same samples', async () => {
    const page = new MetricsPage({ process: new CountingProcess() });
    page.update(KVM1);
    page.update(KVM2);
    const text = await page.respond({});
    const open = await page.respond({ accept: 'application/openmetrics-text; version=1.0.0' });
    expect(open?.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open?.body.toString()).toMatch(/\nasked 2\n# EOF\n$/);
    const samples = (body: Buffer | undefined): string[] =>
      (body ?? '')
        .toString()
        .split('\n')
        .filter((line) => /^(libvirt|vireo)_/.test(line));
    expect(samples(open?.body)).toEqual(samples(text?.body));
    expect(samples(open?.body).length).toBeGreaterThan(200);
  });

  it('keeps the formats apart when compressed, of the whole page and of one host', async () => {
    const page = new MetricsPage();
    page.update(KVM1);
    for (const host of [undefined, 'kvm1']) {
      const selection = { acceptEncoding: 'gzip', ...(host === undefined ? {} : { host }) };
      const bodies: string[] = [];
      for (const accept of ['application/openmetrics-text', 'text/plain', 'application/openmetrics-text']) {
        const answer = await page.respond({ ...selection, accept });
        bodies.push(gunzipSync(answer?.body ?? '').toString());
      }
      expect(bodies[0]).toMatch(/# EOF\n$/);
      expect(bodies[1]).not.toContain('# EOF');
      expect(bodies[1]).not.toContain('# UNIT');
      expect(bodies[2]).toBe(bodies[0]);
    }
  });

  it('knows nothing of a host the page does not have', async () => {
    expect(await new MetricsPage().respond({ acceptEncoding: 'gzip', host: 'nobody' })).toBeUndefined();
  });
});

describe('a page of some groups', () => {
  const scrape = async (page: MetricsPage, groups: readonly MetricGroup[], more: PageRequest = {}): Promise<string> => {
    const answer = await page.respond({ ...more, groups: new Set(groups) });
    const body = answer?.body ?? Buffer.alloc(0);
    return (answer?.contentEncoding === 'gzip' ? gunzipSync(body) : body).toString();
  };
  const names = (text: string): Set<string> => new Set(parsePage(text).map(({ name }) => name));
  let page: MetricsPage;
  beforeEach(() => {
    page = new MetricsPage({ process: new CountingProcess() });
    page.update(KVM1);
    page.update(KVM2);
  });

  it('has their families and libvirt_up, and nothing else', async () => {
    const vcpu = SNAPSHOT_SECTIONS.find(({ group }) => group === 'vcpu')?.families.map(({ name }) => name) ?? [];
    expect(names(await scrape(page, ['vcpu']))).toEqual(new Set(['libvirt_up', ...vcpu]));
    expect(names(await scrape(page, []))).toEqual(new Set(['libvirt_up']));
  });

  it('has the process metrics in group vireo only', async () => {
    expect(await scrape(page, ['vireo'])).toMatch(/\nasked 1\n$/);
    expect(await scrape(page, ['host', 'block'])).not.toContain('asked');
  });

  it('is the whole page when it has all groups', async () => {
    expect(await scrape(page, METRIC_GROUPS)).toBe((await page.render()).toString().replace('asked 2', 'asked 1'));
  });

  it('may be compressed, of one host, and in OpenMetrics', async () => {
    const request = { host: 'kvm2', accept: 'application/openmetrics-text', acceptEncoding: 'gzip' };
    const text = await scrape(page, ['cpu'], request);
    expect(text).toMatch(/^# HELP libvirt_up .*\n# TYPE libvirt_up gauge\nlibvirt_up\{host="kvm2"\} 0\n# EOF\n$/);
  });

  it('is compressed anew after a change, and whatever others were asked for in between', async () => {
    const request = { acceptEncoding: 'gzip' };
    for (let round = 0; round < 3; round++) {
      page.update(
        hostWith(
          Array.from({ length: round }, () => OFF),
          { generation: 10 + round },
        ),
      );
      expect(valueOf(await scrape(page, ['domain'], request), 'libvirt_domains', { host: 'kvm1' })).toBe(
        Math.min(round, 1),
      );
      for (const group of METRIC_GROUPS) await scrape(page, ['pool', group], request);
      for (const group of METRIC_GROUPS) expect(await scrape(page, ['domain', group], request)).toContain('# HELP');
    }
    page.remove('kvm1');
    expect(await scrape(page, ['domain'], request)).not.toContain('kvm1');
  });
});
