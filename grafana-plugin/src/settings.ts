// SPDX-License-Identifier: Apache-2.0
// What an administrator sets: plain settings that pages read, and tokens that only Grafana's proxy does.

/** Settings that every page may read; `jsonData` of the app. */
export interface AppSettings {
  /** Where Grafana's server reaches Vireo, without a slash at its end. */
  readonly apiUrl?: string;
  /** Uid of the data source with Vireo's metrics; left out: Grafana's default of that type. */
  readonly prometheusUid?: string;
  /** Uid of the data source with Vireo's log; left out: Grafana's default of that type. */
  readonly lokiUid?: string;
}

/** Tokens of the API, one for each route of plugin.json; `secureJsonData`, never readable. */
export const TOKEN_KEYS = ['readToken', 'operateToken', 'consoleToken'] as const;
/** One of {@link TOKEN_KEYS}. */
export type TokenKey = (typeof TOKEN_KEYS)[number];

/** Why an address can't be the API's. */
export type AddressFault = 'scheme' | 'secret' | 'path';

/**
 * What is wrong with an address of the API; undefined when nothing is. A password in it would be readable by every
 * viewer, and Grafana adds `/api/v1` itself.
 */
export function addressFault(text: string): AddressFault | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'scheme';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return 'scheme';
  }
  if (url.username !== '' || url.password !== '') {
    return 'secret';
  }
  return /\/api(\/v1)?\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '' ? 'path' : undefined;
}

/** As it is stored: routes add their path to it. */
export function normalAddress(text: string): string {
  return text.trim().replace(/\/+$/, '');
}
