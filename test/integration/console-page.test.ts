// SPDX-License-Identifier: Apache-2.0
// The page of consoles in Debian's Chromium: every tool pressed and seen in the guest, the keyboard alone, what assistive
// technology sees of it, and pages of other origins. The guest writes down each byte of its keyboard.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { source as AXE } from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { apiClient, tokenLine } from '../lab/api.ts';
import type { ApiClient } from '../lab/api.ts';
import { startBrowser } from '../lab/browser.ts';
import { OPEN_VNC, scancodes, startConsoleDomains } from '../lab/console-domains.ts';
import { focusedId, openConsolePage, pageEnds, pageSays } from '../lab/console-page.ts';
import { hideSecondCgroups, openContainers } from '../lab/containers.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { secret } from '../lab/planted.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;
let browser: Browser;
let api: ApiClient;
/** Of a page that may open consoles besides Vireo's own, and of one that may not. */
let friend: string;
let stranger: string;
const paths = new Map<string, string>();
const pages: Page[] = [];

beforeAll(async () => {
  lab = await openLab();
  await hideSecondCgroups(lab);
  libvirtd = await startLibvirtd(lab);
  const containers = await openContainers(lab, libvirtd);
  await containers.define('c1');
  await startConsoleDomains(lab, libvirtd, [{ name: 'keys', graphics: OPEN_VNC, tellsKeys: true }]);
  [friend, stranger] = [await serveEmptyPage(), await serveEmptyPage()];
  exporter = await startExporter(lab, {
    config: `hosts:
  - { name: kvm1, uri: 'qemu:///system' }
  - { name: lxc1, uri: '${containers.uri}' }
poll: { intervalSeconds: 1 }
console: { allowedOrigins: ['${friend}'] }
api:
  tokens: [${tokenLine('ops', secret('console token ops'), ['read', 'console.control', 'console.view'])}]
`,
  });
  api = apiClient(exporter, secret('console token ops'));
  browser = await startBrowser(lab);
  paths.set('keys', `/hosts/kvm1/domains/${(await libvirtd.virsh('domuuid', 'keys')).trim()}/console`);
  paths.set('c1', `/hosts/lxc1/domains/${(await containers.virsh('domuuid', 'c1')).trim()}/console`);
  await waitFor(async () => Number((await api.get('/domains')).json?.['total']) === 2, {
    what: 'both domains are known',
    deadlineMs: 30_000,
  });
  await waitFor(async () => (await scancodes(lab, 'keys')).startsWith('00'), {
    what: 'the guest listens to its keyboard',
    deadlineMs: 60_000,
  });
  await containers.virsh('start', 'c1');
}, 180_000);

afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.close()));
});

afterAll(() => lab.close());

async function serveEmptyPage(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>Another page</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lab.onClose(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function ticketUrl(name: string, mode: 'control' | 'view' = 'control'): Promise<string> {
  const { json, bytes } = await api.post(paths.get(name) ?? '', { mode });
  if (json === undefined) throw new Error(bytes.toString());
  return String(json['url']);
}

async function connect(
  name = 'keys',
  mode: 'control' | 'view' = 'control',
  options: Parameters<typeof openConsolePage>[2] = {},
): Promise<Page> {
  const { page, faults } = await openConsolePage(browser, await ticketUrl(name, mode), options);
  pages.push(page);
  await pageSays(page, 'Connected.');
  if (mode === 'control') await onScreen(page);
  expect(faults).toEqual([]);
  return page;
}

/** What the guest's keyboard sent because of `act`, once as many bytes have come as `expected` has. */
async function keysOf(expected: string, act: () => Promise<unknown>): Promise<void> {
  const before = await scancodes(lab, 'keys');
  await act();
  const now = await waitFor(
    async () => {
      const all = await scancodes(lab, 'keys');
      return all.length >= before.length + expected.length && all.slice(before.length);
    },
    { what: `the guest gets ${expected}`, deadlineMs: 30_000 },
  );
  expect(now).toBe(expected);
}

/** Waits until the guest has the keyboard. */
async function onScreen(page: Page): Promise<void> {
  await waitFor(async () => (await focusedId(page)) === 'screen', {
    what: 'the screen has the keyboard',
    deadlineMs: 20_000,
  });
}

/** The way out of the screen: what of it the guest saw is let go again, or it would keep Ctrl and Alt pressed. */
async function toTheTools(page: Page): Promise<void> {
  await keysOf('1d389db8', () => page.keyboard.press('Control+Alt+Shift'));
  expect(await focusedId(page)).toBe('ctrl-alt-del');
}

/** Set 1: pressed in order, let go in the opposite one. */
function together(...codes: readonly string[]): string {
  const released = codes.toReversed().map((code) => {
    const last = (Number.parseInt(code.slice(-2), 16) | 0x80).toString(16);
    return code.slice(0, -2) + last;
  });
  return [...codes, ...released].join('');
}

const [CTRL, ALT, F1, F11] = ['1d', '38', 0x3b, 0x57];
const MENU = new Map<string, string>([
  ...Array.from({ length: 12 }, (_, index): [string, string] => [
    `Ctrl-Alt-F${String(index + 1)}`,
    together(CTRL, ALT, (index < 10 ? F1 + index : F11 + index - 10).toString(16)),
  ]),
  ['Ctrl-Alt-Backspace', together(CTRL, ALT, '0e')],
  ['Alt-Tab', together(ALT, '0f')],
  ['Alt-F4', together(ALT, '3e')],
  ['Super', together('e05b')],
  ['Escape', together('01')],
  // A PC's keyboard sends a code of its own for it, and another one with Alt.
  ['Print Screen', together('e02a', 'e037')],
  ['Alt-SysRq-B (reboot a Linux at once)', '38b83854' + '30b0' + 'd4b838b8'],
]);

describe('the tools', () => {
  test('each combination of the menu reaches the guest as the keys it names, and Ctrl-Alt-Del does', async () => {
    const page = await connect();
    const names = await page.locator('#keys option').allTextContents();
    expect(names).toEqual([...MENU.keys()]);
    for (const [name, expected] of MENU) {
      await page.locator('#keys').selectOption({ label: name });
      await keysOf(expected, () => page.locator('#send-keys').click());
    }
    await keysOf(together(CTRL, ALT, 'e053'), () => page.locator('#ctrl-alt-del').click());
  });

  test('choosing with the arrow keys sends nothing until it is sent', async () => {
    const page = await connect();
    await page.locator('#keys').focus();
    for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    expect(await focusedId(page)).toBe('send-keys');
    const chosen = await page.evaluate("document.getElementById('keys').selectedOptions[0].label");
    expect(chosen).toBe('Ctrl-Alt-F4');
    await keysOf(MENU.get('Ctrl-Alt-F4') ?? '', () => page.keyboard.press('Space'));
  });

  test('full screen has the tools and the guest’s keyboard, and is left again', async () => {
    const page = await connect();
    const isFull = (): Promise<boolean> => page.evaluate('document.fullscreenElement !== null');
    await page.locator('#full-screen').click();
    await waitFor(isFull, { what: 'the page fills the screen', deadlineMs: 20_000 });
    await page.locator('#screen canvas').click();
    await keysOf(together('1e'), () => page.keyboard.press('a'));
    expect(await page.locator('#tools').isVisible()).toBe(true);
    await page.locator('#full-screen').click();
    await waitFor(async () => !(await isFull()), { what: 'it is a page again', deadlineMs: 20_000 });
  });

  test('text is typed as keys of a US keyboard, and refused whole when it has others', async () => {
    const page = await connect();
    const type = async (text: string): Promise<void> => {
      await page.locator('#type').click();
      await page.locator('#type-text').fill(text);
      await page.locator('#type-form button[value=type]').click();
    };
    await keysOf('2a1e9eaa' + '30b0' + '1c9c', () => type('Ab\n'));
    await pageSays(page, 'Typed 3 characters.');
    await type('gr\u00fcn');
    await pageSays(page, 'Not typed: a US keyboard has no key for character 3 of the text.');
    await page.locator('#type').click();
    await page.locator('#type-text').fill('never');
    await page.locator('#type-form button[value=cancel]').click();
    await onScreen(page);
    expect(await page.locator('#type-text').inputValue()).toBe('');
    await keysOf(together('2d'), () => page.keyboard.press('x'));
    // Without a page, with a token, it is the same.
    await keysOf(together('2c'), () => api.post(`${paths.get('keys') ?? ''}/text`, { text: 'z' }));
    expect((await api.post(`${paths.get('keys') ?? ''}/text`, { text: '\u00fc' })).status).toBe(422);
  });
});

describe('the keyboard alone', () => {
  test('goes from the screen through all tools and back, and types into the guest again', async () => {
    const page = await connect();
    // Connected, the guest has it, Tab and Escape too.
    await keysOf(together('0f') + together('01'), async () => {
      await page.keyboard.press('Tab');
      await page.keyboard.press('Escape');
    });
    await toTheTools(page);
    const order = ['ctrl-alt-del', 'keys', 'send-keys', 'type', 'scale', 'full-screen', 'screenshot'];
    for (const id of order) {
      expect(await focusedId(page)).toBe(id);
      await page.keyboard.press('Tab');
    }
    await onScreen(page);
    await keysOf(together('11'), () => page.keyboard.press('w'));
  });

  test('opens the dialog, types, and is back on the screen', async () => {
    const page = await connect();
    await toTheTools(page);
    for (let n = 0; n < 3; n++) await page.keyboard.press('Tab');
    expect(await focusedId(page)).toBe('type');
    await page.keyboard.press('Enter');
    expect(await focusedId(page)).toBe('type-text');
    await keysOf(together('30'), async () => {
      await page.keyboard.type('b');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
    });
    await pageSays(page, 'Typed 1 characters.');
    await onScreen(page);
    await keysOf(together('2e'), () => page.keyboard.press('c'));
    await toTheTools(page);
    for (let n = 0; n < 3; n++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.type('secret');
    await page.keyboard.press('Escape');
    await onScreen(page);
    // Nothing of what was in the dialog came before it.
    await keysOf(together('20'), () => page.keyboard.press('d'));
  });

  test('is not caught by a screen that is only looked at', async () => {
    const page = await connect('keys', 'view');
    const seen = new Set<string>();
    for (let n = 0; n < 6; n++) {
      await page.keyboard.press('Tab');
      seen.add(await focusedId(page));
    }
    expect([...seen]).toEqual(expect.arrayContaining(['scale', 'full-screen', 'screenshot']));
    for (let n = 0; n < 6; n++) await page.keyboard.press('Shift+Tab');
    await page.locator('#screenshot').focus();
    await page.keyboard.press('Shift+Tab');
    expect(await focusedId(page)).toBe('full-screen');
  });
});

describe('assistive technology and eyes', () => {
  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(AXE);
    const { violations: found } = await page.evaluate<AxeResults>(
      "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
    );
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
  }

  test.each(['light', 'dark'] as const)('axe finds nothing on a %s page, whatever it shows', async (colorScheme) => {
    const page = await connect('keys', 'control', { colorScheme });
    expect(await violations(page)).toEqual([]);
    await page.locator('#type').click();
    expect(await violations(page)).toEqual([]);
    expect(await violations(await connect('keys', 'view', { colorScheme }))).toEqual([]);
    const { page: ended } = await openConsolePage(browser, `${exporter.url}/console/`, { colorScheme });
    pages.push(ended);
    expect(await pageEnds(ended)).toEqual([
      'No ticket',
      'This page shows a console only with a link that was made for it.',
      'Open the console again from where you came: a link works once, for 30 seconds.',
    ]);
    expect(await violations(ended)).toEqual([]);
  });

  test('the text console of a container is shown, types into it, and passes axe', async () => {
    const page = await connect('c1');
    expect(await page.locator('#title').textContent()).toBe('c1 on lxc1');
    const rows = page.locator('#screen .xterm-rows');
    const shows = (text: string): Promise<unknown> =>
      waitFor(async () => (await rows.textContent())?.includes(text), { what: `it shows ${text}`, deadlineMs: 20_000 });
    await page.keyboard.type('typed-here');
    // The container's terminal sends back what it is given.
    await shows('typed-here');
    expect(await page.locator('#ctrl-alt-del').isVisible()).toBe(false);
    await page.locator('#type').click();
    await page.locator('#type-text').fill('by-the-dialog');
    await page.locator('#type-form button[value=type]').click();
    await shows('by-the-dialog');
    expect(await violations(page)).toEqual([]);
  });
});

describe('pages of other origins', () => {
  /** In such a page: opens the WebSocket as ours does. */
  function openSocket(page: Page, ticket: string): Promise<string> {
    const url = JSON.stringify(`${exporter.url.replace('http', 'ws')}/api/v1/console`);
    const protocols = JSON.stringify(['binary', `ticket.${ticket}`]);
    return page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket(${url}, ${protocols});
      socket.onmessage = ({ data }) => { resolve(String(data)); socket.close(); };
      socket.onclose = ({ code }) => resolve('closed ' + code);
    })`);
  }

  async function visit(origin: string): Promise<Page> {
    const page = await browser.newPage();
    pages.push(page);
    await page.goto(origin);
    return page;
  }

  test('get nothing with a good ticket and do not use it up; one that is allowed gets the session', async () => {
    const ticket = (await ticketUrl('keys')).split('=')[1] ?? '';
    expect(await openSocket(await visit(stranger), ticket)).toBe('closed 1006');
    await waitFor(
      () => exporter.log().some(({ event, reason }) => event === 'console.refused' && reason === 'origin'),
      { what: 'it is on record', deadlineMs: 20_000 },
    );
    expect(await openSocket(await visit(friend), ticket)).toContain('"type":"session"');
  });

  test('can neither frame the page nor type with a key they got hold of', async () => {
    const page = await visit(stranger);
    const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
    await page.evaluate(`{
      const frame = document.createElement('iframe');
      frame.src = ${JSON.stringify(`${exporter.url}/console/`)};
      document.body.append(frame);
    }`);
    await refused;
    const typed = page.evaluate<string>(`fetch(${JSON.stringify(`${exporter.url}/api/v1/console/text`)}, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Vireo-Console': 'key' }, body: '{"text":"a"}',
    }).then(({ status }) => String(status), ({ message }) => message)`);
    expect(await typed).toBe('Failed to fetch');
  });
});
