// SPDX-License-Identifier: Apache-2.0
// What one remote procedure is: a number, the layout of its arguments and of its result. The declarations live beside
// this file, one file a subject, under libvirt's own names.

import { struct } from './layout.ts';
import type { Fields, Layout, StructValue } from './layout.ts';

/** REMOTE_PROGRAM: everything that is the same for all hypervisors. */
export const REMOTE_PROGRAM = 0x2000_8086;
/** KEEPALIVE_PROGRAM: "keep" in ASCII. */
export const KEEPALIVE_PROGRAM = 0x6b65_6570;

/** One procedure of a libvirt program; `A` is the type of its arguments, `R` of its result. */
export interface Procedure<A, R> {
  readonly program: number;
  readonly number: number;
  /** As in the .x file, without the program's prefix: `DOMAIN_GET_STATE`. */
  readonly name: string;
  readonly args: Layout<A>;
  readonly ret: Layout<R>;
}

/** One event message of a libvirt program. */
export interface EventMessage<P> {
  readonly program: number;
  readonly number: number;
  readonly name: string;
  readonly payload: Layout<P>;
}

// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a procedure without arguments has none
type NoFields = Record<never, never>;

/**
 * Declares a procedure of the REMOTE program.
 * @param name `REMOTE_PROC_` left off
 */
export function remoteProcedure<A extends Fields = NoFields, R extends Fields = NoFields>(
  number: number,
  name: string,
  layouts: { readonly args?: A; readonly ret?: R },
): Procedure<StructValue<A>, StructValue<R>> {
  return {
    program: REMOTE_PROGRAM,
    number,
    name,
    args: struct(layouts.args ?? ({} as A)),
    ret: struct(layouts.ret ?? ({} as R)),
  };
}

/** Declares an event message of the REMOTE program. */
export function remoteEvent<P extends Fields>(number: number, name: string, payload: P): EventMessage<StructValue<P>> {
  return { program: REMOTE_PROGRAM, number, name, payload: struct(payload) };
}
