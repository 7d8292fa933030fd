// SPDX-License-Identifier: Apache-2.0
// How soon the Grafana app shows what happens to domains and hosts; grafana-app.test.ts runs these journeys in its lab.
import { HOSTS } from '../lab/grafana-lab.ts';
import type { GrafanaLab } from '../lab/grafana-lab.ts';
import type { GrafanaPage } from '../lab/grafana-page.ts';
import { start } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

/** From the event of libvirt to the text on the page. */
const SHOWN_WITHIN_MS = 1000;
/** Changes of which the median counts: one of them can meet a pause of the machine's. */
const CHANGES = 5;

/** Declares them. */
export function liveJourneys(lab: () => GrafanaLab, signIn: (login: string) => Promise<GrafanaPage>): void {
  test('what happens to a domain shows on its page, among the domains and in the fleet within a second', async () => {
    const { libvirtd } = lab();
    // libvirt's own client says when the event came.
    const events = start(lab().lab, 'stdbuf', [
      ...['-oL', 'virsh', '--connect', 'qemu:///system'],
      ...['event', '--domain', 'web-2', '--event', 'lifecycle', '--loop', '--timestamp'],
    ]);
    const [domain, domains, fleet] = [await signIn('vera'), await signIn('vera'), await signIn('vera')];
    await domain.open(await lab().pathOf('web-2'));
    await domains.open('/domains?q=web-2');
    await fleet.open('/fleet?q=kvm1');
    const places = [
      { page: domain, selector: 'body', pattern: '^paused$' },
      { page: domains, selector: '[role="region"] tr', pattern: '^paused' },
      { page: fleet, selector: '[role="region"] tr', pattern: '\\b1 paused' },
    ];
    for (const { page } of places) await page.says('Live');
    await domains.row('web-2').waitFor();
    await fleet.row(HOSTS.up).waitFor();
    const tookMs: number[][] = places.map(() => []);
    for (let change = 0; change < CHANGES; change += 1) {
      const isSuspend = change % 2 === 0;
      const shown = places.map(({ page, selector, pattern }) => page.textTurns(selector, pattern, isSuspend));
      await libvirtd.virsh(isSuspend ? 'suspend' : 'resume', 'web-2');
      const at = await Promise.all(shown);
      const happenedAt = await waitFor(() => eventTimes(events.output())[change], {
        what: 'virsh tells of the event',
        deadlineMs: 10_000,
      });
      at.forEach((shownAt, place) => tookMs[place]?.push(shownAt - happenedAt));
    }
    await libvirtd.virsh('resume', 'web-2');
    await events.stop();
    for (const took of tookMs)
      expect(took.sort((a, b) => a - b)[Math.floor(CHANGES / 2)]).toBeLessThan(SHOWN_WITHIN_MS);
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
