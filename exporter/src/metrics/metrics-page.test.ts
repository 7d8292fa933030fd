// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib';
import { MetricsPage } from './metrics-page.ts';
import type { ProcessMetrics } from './metrics-page.ts';
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
    const plain = await page.respond(undefined);
    const gzip = await page.respond('gzip');
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
    const scrape = async (host?: string) => gunzipSync((await page.respond('gzip', host))?.body ?? '').toString();
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
    const answers = await Promise.all(Array.from({ length: 20 }, () => page.respond('gzip')));
    expect(new Set(answers.map((answer) => answer?.body.toString('base64'))).size).toBe(1);
  });

  it('does not mix pages that are compressed at the same time', async () => {
    const page = new MetricsPage({ now: () => T0 });
    const answers: Promise<Awaited<ReturnType<MetricsPage['respond']>>>[] = [];
    for (let generation = 1; generation <= 20; generation++) {
      // Every fifth time the loop turns, so that some compressions end before the next begins and others overlap.
      if (generation % 5 === 0) await Promise.all(answers);
      page.update(hostWith(generation % 2 === 0 ? [WEB, OFF] : [WEB], { generation, simulated: generation % 3 === 0 }));
      answers.push(page.respond('gzip'));
    }
    const pages = (await Promise.all(answers)).map((answer) => gunzipSync(answer?.body ?? '').toString());
    expect(pages.map((text) => valueOf(text, 'libvirt_domains'))).toEqual(pages.map((_, index) => 1 + (index % 2)));
    expect(pages.map((text) => text.includes('simulated="true"'))).toEqual(pages.map((_, index) => index % 3 === 2));
  });

  it('knows nothing of a host the page does not have', async () => {
    expect(await new MetricsPage().respond('gzip', 'nobody')).toBeUndefined();
  });
});
