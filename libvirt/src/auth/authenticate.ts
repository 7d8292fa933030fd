// SPDX-License-Identifier: Apache-2.0
// The first thing said on every connection: what the daemon wants proved, and proving it.

import { RemoteError, TransportError } from '../errors.ts';
import { AUTH_LIST, AUTH_POLKIT, AUTH_TYPE } from '../protocol/auth.ts';
import type { CallOptions } from '../rpc/pending-call.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import type { ConnectionUri } from '../uri.ts';
import type { Credentials } from './auth-conf.ts';
import { authenticateSasl } from './sasl.ts';

/** What authentication needs of a connection. */
export type AuthCaller = Pick<RpcClient, 'call'>;

/** How long, and with what. */
export interface AuthOptions {
  /** Used for SASL; read from auth.conf when left out, and only if the daemon asks. */
  readonly credentials?: Credentials;
  /** Whether the daemon's read-only socket is meant. */
  readonly readOnly: boolean;
  /** For AUTH_LIST, which a healthy daemon answers at once. */
  readonly listMs: number;
  /** For each call after it; polkit may be asking a person. */
  readonly authMs: number;
  readonly signal?: AbortSignal;
}

const METHOD_NAMES: Readonly<Record<number, string>> = {
  [AUTH_TYPE.REMOTE_AUTH_NONE]: 'none',
  [AUTH_TYPE.REMOTE_AUTH_SASL]: 'sasl',
  [AUTH_TYPE.REMOTE_AUTH_POLKIT]: 'polkit',
};

/**
 * Asks what is wanted and does it.
 * @throws TransportError `LV_CONN_AUTH`; UsageError `LV_ARG_CREDENTIALS`; whatever `rpc.call` throws
 */
export async function authenticate(rpc: AuthCaller, uri: ConnectionUri, options: AuthOptions): Promise<void> {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const { types } = await rpc.call(AUTH_LIST, {}, { ...signal, deadlineMs: options.listMs });
  const callOptions: CallOptions = { ...signal, deadlineMs: options.authMs };
  switch (chooseMethod(uri, types)) {
    case 'none':
      return;
    case 'polkit':
      await authenticatePolkit(rpc, uri, options.readOnly, callOptions);
      return;
    case 'sasl':
      await authenticateSasl(rpc, uri, options.credentials, callOptions);
  }
}

function chooseMethod(uri: ConnectionUri, types: readonly number[]): 'none' | 'sasl' | 'polkit' {
  const offered = types.map((type) => METHOD_NAMES[type] ?? `type ${String(type)}`);
  const wanted = uri.params.auth?.method;
  const known = (['none', 'sasl', 'polkit'] as const).filter((name) => offered.includes(name));
  // The daemon's order, as libvirt's client takes it. One that asks for nothing is let in whatever the URI prefers.
  const first = offered.flatMap((name) => known.find((method) => method === name) ?? [])[0];
  const method = wanted === undefined || first === 'none' ? first : known.find((name) => name === wanted);
  if (method !== undefined) return method;
  const asked = wanted === undefined ? '' : `, and the URI asks for ${wanted}`;
  throw new TransportError(
    'LV_CONN_AUTH',
    `connect failed: ${uri.text}: the daemon accepts ${offered.join(', ') || 'no authentication at all'}${asked}`,
  );
}

/** Refusals after asking polkit, by virErrorNumber. The daemon's own text is left out: it may be of an earlier error. */
const POLKIT_REFUSALS: Readonly<Record<number, (actionId: string) => string>> = {
  45: (id) => `polkit denies this user ${id}`,
  79: (id) => `the question polkit asked on the host about ${id} was cancelled`,
  94: (id) => `polkit wants to ask a person about ${id} and has no agent to ask through`,
};

/** The action polkit decides about: remoteDispatchAuthPolkit takes it from the socket, whatever CONNECT_OPEN asks later. */
function polkitAction({ params: { socket } }: ConnectionUri, readOnly: boolean): { id: string; remedy: string } {
  const monitors = socket === undefined ? readOnly : socket.endsWith('-ro');
  return monitors
    ? { id: 'org.libvirt.unix.monitor', remedy: 'allow it by a polkit rule' }
    : {
        id: 'org.libvirt.unix.manage',
        remedy: 'allow it by a polkit rule, add the user to the group libvirt, or connect read-only',
      };
}

async function authenticatePolkit(
  rpc: AuthCaller,
  uri: ConnectionUri,
  readOnly: boolean,
  options: CallOptions,
): Promise<void> {
  try {
    await rpc.call(AUTH_POLKIT, {}, options);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    const { id, remedy } = polkitAction(uri, readOnly);
    const refusal = POLKIT_REFUSALS[error.number]?.(id);
    const why =
      refusal === undefined
        ? `the daemon could not ask polkit about ${id} (${error.name}); see that the system bus and polkitd run there`
        : `${refusal}; ${remedy}`;
    throw new TransportError('LV_CONN_AUTH', `connect failed: ${uri.text}: ${why}`, { cause: error });
  }
}
