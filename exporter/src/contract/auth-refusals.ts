// SPDX-License-Identifier: Apache-2.0
// How a request can fail to say whose it is; the labels of `vireo_auth_refusals_total`.

/** Reasons by method: API tokens, the identity Grafana signs, users and client certificates of the web config file. */
export const AUTH_REFUSALS = {
  token: ['missing', 'unknown', 'too_many'],
  grafana_identity: ['missing', 'invalid', 'expired', 'unavailable'],
  password: ['missing', 'wrong', 'too_many'],
  client_certificate: ['missing', 'invalid', 'unknown'],
} as const;

/** One refusal. `too_many`: nothing was compared, because too many came before. */
export type AuthRefusal = {
  [Method in keyof typeof AUTH_REFUSALS]: {
    readonly method: Method;
    readonly reason: (typeof AUTH_REFUSALS)[Method][number];
  };
}[keyof typeof AUTH_REFUSALS];
