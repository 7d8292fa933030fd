// SPDX-License-Identifier: Apache-2.0
// Every procedure and event of libvirt's remote protocol this package knows, for `connection.call` and for daemons in
// tests. Under libvirt's names, in libvirt's units.

export * from './connect.ts';
export * from './domain.ts';
export * from './domain-details.ts';
export * from './domain-stats.ts';
export * from './enums.ts';
export * from './events.ts';
export * from './layout.ts';
export * from './network.ts';
export { REMOTE_PROGRAM, remoteEvent, remoteProcedure } from './procedure.ts';
export type { EventMessage, Procedure } from './procedure.ts';
export * from './snapshot.ts';
export * from './storage.ts';
export * from './typed-params.ts';
export * from './types.ts';
