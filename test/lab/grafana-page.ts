// SPDX-License-Identifier: Apache-2.0
// The app in a browser, as one user has it open. Journeys use this: it says what a user does and sees, and keeps what no
// user should see (errors on the console, uncaught ones). With VIREO_SCREENSHOTS set to a directory it leaves pictures there.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { FONTS, SESSION_COOKIE } from './grafana-server.ts';
import type { GrafanaServer } from './grafana-server.ts';
import { keepOutput } from './planted.ts';

const SIZE = { width: 1440, height: 900 };
const DEADLINE_MS = 15_000;
/** A domain that starts or stops brings or takes a network interface, and the browser gives up what it was loading. */
const NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED';

/** See the head of this file. Everything waits 15 s at most. */
export class GrafanaPage {
  /** For what is not here. */
  readonly page: Page;
  /** What the console said as an error, and errors nobody caught. */
  readonly problems: string[] = [];
  readonly #grafana: GrafanaServer;

  private constructor(page: Page, grafana: GrafanaServer) {
    this.page = page;
    this.#grafana = grafana;
    page.setDefaultTimeout(DEADLINE_MS);
    page.on('console', (message) => {
      const text = message.text();
      keepOutput('grafana-browser', `${text}\n`);
      const { url } = message.location();
      if (message.type() === 'error' && !url.includes(FONTS) && !text.includes(NETWORK_CHANGED))
        this.problems.push(`${text} ${url}`);
    });
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.stack ?? error.message}`));
  }

  /** Opens an empty page with a user of `USERS` signed in. */
  static async signIn(browser: Browser, grafana: GrafanaServer, login: string): Promise<GrafanaPage> {
    const context = await browser.newContext({ viewport: SIZE });
    await context.addCookies([{ name: SESSION_COOKIE, value: login, url: grafana.url }]);
    return new GrafanaPage(await context.newPage(), grafana);
  }

  /** Opens a page of the app, `/domains?q=web` say. */
  async open(path: string): Promise<void> {
    await this.openUrl(`/a/${this.#grafana.plugin.id}${path}`);
  }

  /** Opens any page of the lab: the heads of grafana-host/{page,solo-panel,extension-links}.tsx say which. */
  async openUrl(path: string): Promise<void> {
    await this.page.goto(this.#grafana.url + path);
  }

  /** Waits until a heading is there. */
  async sees(heading: string): Promise<void> {
    await this.page.getByRole('heading', { name: heading, exact: true }).first().waitFor();
  }

  /** The row of a table that has this text as a link. */
  row(name: string): Locator {
    return this.page.getByRole('row').filter({ has: this.page.getByRole('link', { name, exact: true }) });
  }

  /** The dialog that is open. */
  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** A button of the page or of a dialog. */
  button(name: string, where: Page | Locator = this.page): Locator {
    // With that text: the cross of a dialog is called Close too.
    return where.getByRole('button', { name, exact: true }).filter({ hasText: name });
  }

  /** Waits until a text is somewhere on the page. */
  async says(text: string | RegExp, where: Page | Locator = this.page): Promise<void> {
    await where.getByText(text).first().waitFor();
  }

  /**
   * When a text comes to stand in what a CSS selector finds, or goes from there: milliseconds since 1970, by the page's
   * own clock and at the very change. Call it before.
   *
   * @param pattern of a regular expression; `^` and `$` are ends of lines
   */
  async textTurns(selector: string, pattern: string, isThere: boolean): Promise<number> {
    const at: number = await this.page.evaluate(`new Promise((resolve, reject) => {
      const look = () => {
        const texts = [...document.querySelectorAll(${JSON.stringify(selector)})].map(({ innerText }) => innerText);
        if (new RegExp(${JSON.stringify(pattern)}, 'm').test(texts.join('\\n')) !== ${String(isThere)}) return;
        observer.disconnect();
        resolve(Date.now());
      };
      const observer = new MutationObserver(look);
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      look();
      setTimeout(() => reject(new Error('not within ${String(DEADLINE_MS)} ms: ' + ${JSON.stringify(pattern)})), ${String(DEADLINE_MS)});
    })`);
    return at;
  }

  /** Posts JSON with the page's session, as a script in it could; gives the status of the answer. */
  async post(url: string, body: object): Promise<number> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const status: number = await this.page.evaluate(
      `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then((r) => r.status)`,
    );
    return status;
  }

  /** Has the page be told of a fleet of this size, in place of the one there is; its rows are as the API makes them. */
  async fleetOf(domains: number): Promise<void> {
    const items = Array.from({ length: domains }, (_, number) => domainRow(number));
    await this.page.route('**/domains?*', (route) => route.fulfill({ json: { items, total: domains } }));
  }

  /** Forgets the problems of which a journey is the cause; throws when there was none. */
  forgive(pattern: RegExp): void {
    const kept = this.problems.filter((problem) => !pattern.test(problem));
    if (kept.length === this.problems.length) throw new Error(`there was no problem like ${String(pattern)}`);
    this.problems.splice(0, Infinity, ...kept);
  }

  /** Everything the page says. */
  async text(): Promise<string> {
    return this.page.locator('body').innerText();
  }

  /** Takes `NAME-dark.png` and `NAME-light.png`; nothing without VIREO_SCREENSHOTS. */
  async picture(name: string): Promise<void> {
    const directory = process.env['VIREO_SCREENSHOTS'];
    if (directory === undefined) return;
    await mkdir(directory, { recursive: true });
    for (const theme of ['light', 'dark']) {
      await this.page.evaluate(`labSetTheme('${theme}')`);
      // An icon is an empty box until it was fetched; XML is plain text until its editor was.
      await this.page.waitForFunction(`document.querySelector('div[class$="-Icon"]') === null
        && ![...document.querySelectorAll('[role="region"] > pre')].some(({ textContent }) => textContent.startsWith('<'))`);
      await this.page.screenshot({
        path: join(directory, `${name}-${theme}.png`),
        fullPage: true,
        animations: 'disabled',
      });
    }
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** One of ten domains is off, and one of ten is another hypervisor's. */
function domainRow(number: number): object {
  const isOff = number % 10 === 3;
  const off = 'shutoff: start it first';
  return {
    host: `kvm${String(number % 40)}`,
    uuid: `5f8e4a52-9d7c-4c35-a7a5-${String(number).padStart(12, '0')}`,
    name: `guest-${String(number)}`,
    id: isOff ? -1 : number + 1,
    state: isOff ? 'shutoff' : 'running',
    reason: isOff ? 'shutdown' : 'booted',
    persistent: true,
    autostart: false,
    driver: number % 10 === 7 ? 'Xen' : 'QEMU',
    allowedActions: isOff ? ['start', 'autostart'] : ['shutdown', 'reboot', 'reset', 'suspend', 'destroy', 'autostart'],
    refusedActions: isOff
      ? { shutdown: off, reboot: off, reset: off, suspend: off, resume: off, destroy: off }
      : { start: 'running: nothing to start', resume: 'running: not paused' },
  };
}
