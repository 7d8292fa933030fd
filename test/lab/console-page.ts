// SPDX-License-Identifier: Apache-2.0
// The page of a console in a browser, as a test looks at it.
import type { Browser, Page } from 'playwright-core';
import { waitFor } from './wait-for.ts';

/** A page, and all that went wrong in it. */
export interface ConsolePage {
  readonly page: Page;
  /** Errors of scripts, and what the page's policy forbade. */
  readonly faults: readonly string[];
}

/** Opens the page of a ticket. */
export async function openConsolePage(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<ConsolePage> {
  const page = await browser.newPage(options);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.text().includes('Content Security')) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(url);
  return { page, faults };
}

/** Waits until the page says so. */
export async function pageSays(page: Page, text: string, deadlineMs = 30_000): Promise<void> {
  await waitFor(async () => (await page.locator('#state').textContent()) === text, {
    what: `the page says ${text}`,
    deadlineMs,
    intervalMs: 50,
  }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}; it says: ${(await page.locator('body').innerText()).slice(0, 500)}`);
  });
}

/** Waits for the end of the session; gives the title, the reason and the advice that the page shows. */
export async function pageEnds(page: Page, deadlineMs = 30_000): Promise<string[]> {
  await pageSays(page, 'Ended.', deadlineMs);
  return page.locator('#notice h2, #notice p').allTextContents();
}

/** The id of the element that has the keyboard. */
export async function focusedId(page: Page): Promise<string> {
  return page.evaluate("document.activeElement?.closest('[id]')?.id ?? ''");
}
