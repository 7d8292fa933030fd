// SPDX-License-Identifier: Apache-2.0
// How soon the Grafana app shows what happens to domains and hosts; grafana-app.test.ts runs these journeys in its lab.
import { HOSTS } from '../lab/grafana-lab.ts';
import type { GrafanaLab } from '../lab/grafana-lab.ts';
import type { GrafanaPage } from '../lab/grafana-page.ts';
import { start } from '../lab/process.ts';
import { medianMs, waitFor } from '../lab/wait-for.ts';

/** From the event of libvirt to the text on the page. */
const SHOWN_WITHIN_MS = 1000;
/** Changes of which the median counts: one of them can meet a pause of the machine's. */
const CHANGES = 5;

/** Declares them. */
export function liveJourneys(lab: () => GrafanaLab, signIn: (login: string) => Promise<GrafanaPage>): void {
  test('what happens to a domain shows on its page, among the domains, in the fleet and in panels within a second', async () => {
    const { libvirtd } = lab();
    // libvirt's own client says when the event came.
    const events = start(lab().lab, 'stdbuf', [
      ...['-oL', 'virsh', '--connect', 'qemu:///system'],
      ...['event', '--domain', 'web-2', '--event', 'lifecycle', '--loop', '--timestamp'],
    ]);
    const panel = (query: string) => `/d-solo/vireo-domainactions-panel?expr=${encodeURIComponent(query)}`;
    const app = `/a/${lab().grafana.plugin.id}`;
    const places: {
      readonly url: string;
      readonly turns: (isThere: boolean) => Promise<number>;
      readonly tookMs: number[];
    }[] = [];
    for (const { url, row, selector, pattern } of [
      { url: app + (await lab().pathOf('web-2')), row: undefined, selector: 'body', pattern: '^paused$' },
      { url: `${app}/domains?q=web-2`, row: 'web-2', selector: '[role="region"] tr', pattern: '^paused' },
      { url: `${app}/fleet?q=kvm1`, row: HOSTS.up, selector: '[role="region"] tr', pattern: '\\b1 paused' },
      { url: panel('libvirt_domain_info{domain="web-2"}'), row: undefined, selector: 'section', pattern: '^paused$' },
      { url: panel('libvirt_domain_info'), row: 'web-2', selector: 'section tr', pattern: '^web-2\\s+kvm1\\s+paused' },
    ]) {
      const page = await signIn('vera');
      await page.openUrl(url);
      await page.says('Live');
      if (row !== undefined) await page.row(row).waitFor();
      places.push({ url, turns: (isThere) => page.textTurns(selector, pattern, isThere), tookMs: [] });
    }
    for (let change = 0; change < CHANGES; change += 1) {
      const isSuspend = change % 2 === 0;
      const turns = places.map((place) => place.turns(isSuspend));
      await libvirtd.virsh(isSuspend ? 'suspend' : 'resume', 'web-2');
      const at = await Promise.all(turns);
      const happenedAt = await waitFor(() => eventTimes(events.output())[change], {
        what: 'virsh tells of the event',
        deadlineMs: 10_000,
      });
      at.forEach((shownAt, place) => places[place]?.tookMs.push(shownAt - happenedAt));
    }
    await libvirtd.virsh('resume', 'web-2');
    await events.stop();
    expect(places.filter(({ tookMs }) => medianMs(tookMs) >= SHOWN_WITHIN_MS)).toEqual([]);
  });

  test('the snapshots of a domain are listed, each with what it was made upon', async () => {
    const { libvirtd } = lab();
    const take = (name: string, about: string) =>
      libvirtd.virsh('snapshot-create-as', 'spare', name, about, '--disk-only', '--atomic');
    await take('before-upgrade', 'as it was delivered');
    await take('after-upgrade', 'with the new kernel');
    const page = await signIn('vera');
    await page.open(`${await lab().pathOf('spare')}?tab=snapshots`);
    const newest = page.page.getByRole('row').filter({ hasText: 'with the new kernel' });
    await newest.getByText('current', { exact: true }).waitFor();
    await newest.getByRole('cell', { name: 'before-upgrade', exact: true }).waitFor();
    await page.says('as it was delivered');
    await page.picture('domain-snapshots-listed');
  });

  test('a domain of a host that is lost says so and cannot be acted on; it can when the host is back', async () => {
    const { libvirtd } = lab();
    const page = await signIn('ada');
    await page.open(await lab().pathOf('web-1'));
    await page.says('Live');
    const suspend = page.button('Suspend');
    await suspend.waitFor();
    const why = /^kvm1 was lost .*: what stands here is older$/;
    await libvirtd.kill();
    try {
      await page.says(why);
      expect(await suspend.getAttribute('aria-disabled')).toBe('true');
      await suspend.focus();
      await page.says(why, page.page.getByRole('tooltip'));
      await page.picture('domain-lost');
      await page.page.keyboard.press('Escape');
    } finally {
      await libvirtd.restart();
    }
    await page.page.getByText(why).first().waitFor({ state: 'detached', timeout: 30_000 });
    await waitFor(async () => (await suspend.getAttribute('aria-disabled')) !== 'true', {
      what: 'the domain can be suspended again',
      deadlineMs: 15_000,
    });
  });
}

/** Of the lines of `virsh event --timestamp`, in milliseconds since 1970. */
function eventTimes(output: string): number[] {
  const lines = output.matchAll(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\+0000: event 'lifecycle'/gm);
  return [...lines].map(([, day = '', time = '']) => Date.parse(`${day}T${time}Z`));
}
