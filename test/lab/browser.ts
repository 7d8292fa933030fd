// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, driven by playwright-core, which brings no browser of its own.
import { spawnSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Lab } from './lab.ts';

/** Starts it without a window. Closing the lab stops it. */
export async function startBrowser(lab: Lab): Promise<Browser> {
  const { stdout } = spawnSync('which', ['chromium'], { encoding: 'utf8' });
  const browser = await chromium.launch({ executablePath: stdout.trim(), args: ['--no-sandbox'] });
  lab.onClose(() => browser.close());
  return browser;
}
