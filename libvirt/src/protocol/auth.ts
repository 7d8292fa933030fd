// SPDX-License-Identifier: Apache-2.0
// Proving who we are: REMOTE_PROC_AUTH_*, the only calls a daemon takes before that is done.

import { array, bool, charArray, int, string, uint } from './layout.ts';
import { remoteProcedure } from './procedure.ts';

/** REMOTE_AUTH_TYPE_LIST_MAX */
const AUTH_TYPE_LIST_MAX = 20;
/** REMOTE_AUTH_SASL_DATA_MAX, in bytes of SASL data; each takes four on the wire. */
export const SASL_DATA_MAX = 65_536;

/** remote_auth_type */
export const AUTH_TYPE = { REMOTE_AUTH_NONE: 0, REMOTE_AUTH_SASL: 1, REMOTE_AUTH_POLKIT: 2 } as const;

/** Must be called even when nothing is to be proved: on a polkit socket the call itself lets root in. */
export const AUTH_LIST = remoteProcedure(66, 'AUTH_LIST', { ret: { types: array(uint, AUTH_TYPE_LIST_MAX) } });

/** ret => mechlist: names separated by commas. */
export const AUTH_SASL_INIT = remoteProcedure(67, 'AUTH_SASL_INIT', { ret: { mechlist: string } });

/** `nil` says there is no data, which is not the same as empty data. */
export const AUTH_SASL_START = remoteProcedure(68, 'AUTH_SASL_START', {
  args: { mech: string, nil: bool, data: charArray(SASL_DATA_MAX) },
  ret: { complete: bool, nil: bool, data: charArray(SASL_DATA_MAX) },
});

export const AUTH_SASL_STEP = remoteProcedure(69, 'AUTH_SASL_STEP', {
  args: { nil: bool, data: charArray(SASL_DATA_MAX) },
  ret: { complete: bool, nil: bool, data: charArray(SASL_DATA_MAX) },
});

/** Answers when polkit has decided, which may include asking a person on the host. */
export const AUTH_POLKIT = remoteProcedure(70, 'AUTH_POLKIT', { ret: { complete: int } });
