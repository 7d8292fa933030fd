// SPDX-License-Identifier: Apache-2.0
// What the tests for a real Grafana ask of the app's API, as the signed-in user, through Grafana's own proxy.

import type { Page } from '@playwright/test';

export const PLUGIN_ID = 'vireo-libvirt-app';

/** A domain, as the API lists it. */
export interface Domain {
  readonly host: string;
  readonly uuid: string;
  readonly name: string;
  readonly state: string;
}

/** The address of something behind the app's proxy; `route` is one of plugin.json. */
export function proxied(route: 'v1' | 'operate' | 'console', path: string): string {
  return `/api/plugin-proxy/${PLUGIN_ID}/${route}${path}`;
}

/** The first domain that there is; throws where there is none, for then nothing here can be tested. */
export async function someDomain(page: Page): Promise<Domain> {
  const answer = await page.request.get(proxied('v1', '/domains?limit=1'));
  if (!answer.ok()) {
    throw new Error(`Vireo does not answer through Grafana: ${String(answer.status())} ${await answer.text()}`);
  }
  const { items } = (await answer.json()) as { readonly items: readonly Domain[] };
  const [domain] = items;
  if (domain === undefined) {
    throw new Error('Vireo has no domain: point it at a host that has some, or start it with --demo');
  }
  return domain;
}
