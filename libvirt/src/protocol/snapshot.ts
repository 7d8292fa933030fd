// SPDX-License-Identifier: Apache-2.0
// Snapshots and checkpoints of domains.

import { array, bool, int, string, uint } from './layout.ts';
import { remoteProcedure } from './procedure.ts';
import { LIST_MAX, checkpoint, domain, listOf, snapshot } from './types.ts';

const listOfDomainArgs = { dom: domain, need_results: int, flags: uint };
const onDomain = { dom: domain, flags: uint };
const onSnapshot = { snap: snapshot, flags: uint };

/** `flags`: 1 ROOTS, 2 METADATA, 4 LEAVES, ..., 1024 TOPOLOGICAL. */
export const DOMAIN_LIST_ALL_SNAPSHOTS = remoteProcedure(274, 'DOMAIN_LIST_ALL_SNAPSHOTS', {
  args: listOfDomainArgs,
  ret: { snapshots: listOf(snapshot), ret: int },
});
/** For drivers without LIST_ALL (ESX). */
export const DOMAIN_SNAPSHOT_LIST_NAMES = remoteProcedure(188, 'DOMAIN_SNAPSHOT_LIST_NAMES', {
  args: { dom: domain, maxnames: int, flags: uint },
  ret: { names: array(string, LIST_MAX) },
});
/** `flags`: 1 REDEFINE, 2 CURRENT, 4 NO_METADATA, 8 HALT, 16 DISK_ONLY, 32 REUSE_EXT, 64 QUIESCE, 128 ATOMIC, 256 LIVE. */
export const DOMAIN_SNAPSHOT_CREATE_XML = remoteProcedure(185, 'DOMAIN_SNAPSHOT_CREATE_XML', {
  args: { dom: domain, xml_desc: string, flags: uint },
  ret: { snap: snapshot },
});
/** `flags`: 1 SECURE, refused on a read-only connection. */
export const DOMAIN_SNAPSHOT_GET_XML_DESC = remoteProcedure(186, 'DOMAIN_SNAPSHOT_GET_XML_DESC', {
  args: onSnapshot,
  ret: { xml: string },
});
export const DOMAIN_SNAPSHOT_LOOKUP_BY_NAME = remoteProcedure(189, 'DOMAIN_SNAPSHOT_LOOKUP_BY_NAME', {
  args: { dom: domain, name: string, flags: uint },
  ret: { snap: snapshot },
});
export const DOMAIN_HAS_CURRENT_SNAPSHOT = remoteProcedure(190, 'DOMAIN_HAS_CURRENT_SNAPSHOT', {
  args: onDomain,
  ret: { result: bool },
});
export const DOMAIN_SNAPSHOT_CURRENT = remoteProcedure(191, 'DOMAIN_SNAPSHOT_CURRENT', {
  args: onDomain,
  ret: { snap: snapshot },
});
export const DOMAIN_SNAPSHOT_GET_PARENT = remoteProcedure(244, 'DOMAIN_SNAPSHOT_GET_PARENT', {
  args: onSnapshot,
  ret: { snap: snapshot },
});
/** `flags`: 1 RUNNING, 2 PAUSED, 4 FORCE, 8 RESET_NVRAM. */
export const DOMAIN_REVERT_TO_SNAPSHOT = remoteProcedure(192, 'DOMAIN_REVERT_TO_SNAPSHOT', { args: onSnapshot });
/** `flags`: 1 CHILDREN, 2 METADATA_ONLY, 4 CHILDREN_ONLY. */
export const DOMAIN_SNAPSHOT_DELETE = remoteProcedure(193, 'DOMAIN_SNAPSHOT_DELETE', { args: onSnapshot });

/** libvirt 5.6.0 */
export const DOMAIN_LIST_ALL_CHECKPOINTS = remoteProcedure(413, 'DOMAIN_LIST_ALL_CHECKPOINTS', {
  args: listOfDomainArgs,
  ret: { checkpoints: listOf(checkpoint), ret: int },
});
export const DOMAIN_CHECKPOINT_GET_XML_DESC = remoteProcedure(412, 'DOMAIN_CHECKPOINT_GET_XML_DESC', {
  args: { checkpoint, flags: uint },
  ret: { xml: string },
});
