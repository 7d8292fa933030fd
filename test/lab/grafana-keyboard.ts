// SPDX-License-Identifier: Apache-2.0
// A user of the app without a mouse: Tab, arrows, Enter. It fails where the focus cannot be seen, or falls off the page.
import type { Locator, Page } from 'playwright-core';
import { waitFor } from './wait-for.ts';

/** More presses of Tab than any page of the journeys needs. */
const PRESSES_MAX = 80;
/** More than any menu has. */
const ENTRIES_MAX = 20;

/**
 * What is wrong with where the focus is, as a script of the page. Grafana draws a ring as outline or shadow, around
 * the element, its label or the field it stands in; a text field has its cursor besides.
 */
const FOCUS_FAULT = `(() => {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return 'nothing has the focus';
  const name = focused.outerHTML.slice(0, 200);
  const { top, bottom, left, right } = focused.getBoundingClientRect();
  if (bottom < 0 || right < 0 || top > innerHeight || left > innerWidth) return 'out of view: ' + name;
  const near = [focused, focused.nextElementSibling];
  const above = [];
  for (let one = focused.parentElement; one !== null; one = one.parentElement) above.push(one);
  const styles = (elements) => elements.filter((one) => one !== null).map((one) => getComputedStyle(one));
  const isRinged =
    styles([...near, ...above]).some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && outlineWidth !== '0px') ||
    styles([...near, ...above.slice(0, 3)]).some(({ boxShadow }) => boxShadow !== 'none');
  return isRinged ? '' : 'no ring: ' + name;
})()`;

/** See the head of this file. */
export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Whether that has the focus now. */
  async isAt(target: Locator): Promise<boolean> {
    return (await target.and(this.#page.locator(':focus')).count()) > 0;
  }

  /** Waits until that has the focus, and that it can be seen. */
  async returnsTo(target: Locator): Promise<void> {
    await waitFor(async () => await this.isAt(target), {
      what: `${String(target)} has the focus`,
      deadlineMs: 10_000,
    });
    await this.#mustSee();
  }

  /** Presses Tab, or Shift+Tab, until that has the focus; at every step it must be seen where the focus is. */
  async goTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    await target.waitFor();
    for (let pressed = 0; pressed < PRESSES_MAX; pressed += 1) {
      await this.press(key);
      // From the last of a page it goes over the browser to the first.
      if ((await this.#page.locator(':focus').count()) === 0) continue;
      await this.#mustSee();
      if (await this.isAt(target)) return;
    }
    throw new Error(`${String(target)} is not reached with ${key}`);
  }

  /** Goes there and presses Enter, or another key. */
  async use(target: Locator, key = 'Enter'): Promise<void> {
    await this.goTo(target);
    await this.press(key);
  }

  /** In an open menu: goes to that entry with the arrows and presses Enter. */
  async choose(entry: Locator): Promise<void> {
    await entry.waitFor();
    for (let pressed = 0; !(await this.isAt(entry)); pressed += 1) {
      if (pressed === ENTRIES_MAX) throw new Error(`${String(entry)} is not reached with the arrows`);
      await this.press('ArrowDown');
    }
    await this.#mustSee();
    await this.press('Enter');
  }

  async press(key: string): Promise<void> {
    await this.#page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
  }

  async #mustSee(): Promise<void> {
    await waitFor(
      async () => {
        const fault: string = await this.#page.evaluate(FOCUS_FAULT);
        if (fault !== '') throw new Error(fault);
        return true;
      },
      { what: 'the focus is seen', deadlineMs: 2000 },
    );
  }
}
