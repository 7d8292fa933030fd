// SPDX-License-Identifier: Apache-2.0
// Snapshots of domains, and checkpoints, which are marks for incremental backups and hold no data.

import {
  DOMAIN_CHECKPOINT_GET_XML_DESC,
  DOMAIN_HAS_CURRENT_SNAPSHOT,
  DOMAIN_LIST_ALL_CHECKPOINTS,
  DOMAIN_LIST_ALL_SNAPSHOTS,
  DOMAIN_REVERT_TO_SNAPSHOT,
  DOMAIN_SNAPSHOT_CREATE_XML,
  DOMAIN_SNAPSHOT_CURRENT,
  DOMAIN_SNAPSHOT_DELETE,
  DOMAIN_SNAPSHOT_GET_PARENT,
  DOMAIN_SNAPSHOT_GET_XML_DESC,
  DOMAIN_SNAPSHOT_LIST_NAMES,
  DOMAIN_SNAPSHOT_LOOKUP_BY_NAME,
} from '../protocol/snapshot.ts';
import { LIST_MAX } from '../protocol/types.ts';
import type { CheckpointRef, DomainRef, SnapshotRef } from '../protocol/types.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { LONG_MS, flagBits } from './units.ts';
import type { FlagOptions } from './units.ts';

// virDomainSnapshotListFlags
const LIST_FLAGS = {
  roots: 1,
  metadata: 2,
  leaves: 4,
  noLeaves: 8,
  noMetadata: 16,
  inactive: 32,
  active: 64,
  diskOnly: 128,
  internal: 256,
  external: 512,
  topological: 1024,
} as const;
/** Which snapshots. */
export type SnapshotFilter = FlagOptions<typeof LIST_FLAGS>;

// virDomainCheckpointListFlags
const CHECKPOINT_LIST_FLAGS = { roots: 1, topological: 2, leaves: 4, noLeaves: 8 } as const;
/** Which checkpoints. */
export type CheckpointFilter = FlagOptions<typeof CHECKPOINT_LIST_FLAGS>;

/** VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN */
const CHECKPOINT_WITHOUT_DOMAIN = 2;

// virDomainSnapshotCreateFlags
const CREATE_FLAGS = {
  redefine: 1,
  current: 2,
  noMetadata: 4,
  halt: 8,
  diskOnly: 16,
  reuseExternal: 32,
  quiesce: 64,
  atomic: 128,
  live: 256,
  validate: 512,
} as const;
/** How a snapshot is made; `quiesce` wants a guest agent. */
export type SnapshotCreateOptions = FlagOptions<typeof CREATE_FLAGS>;

// virDomainSnapshotRevertFlags
const REVERT_FLAGS = { running: 1, paused: 2, force: 4, resetNvram: 8 } as const;
/** What the domain is to be afterwards; `force` for what libvirt calls risky. */
export type SnapshotRevertOptions = FlagOptions<typeof REVERT_FLAGS>;

// virDomainSnapshotDeleteFlags
const DELETE_FLAGS = { children: 1, metadataOnly: 2, childrenOnly: 4 } as const;
/** What goes with it. */
export type SnapshotDeleteOptions = FlagOptions<typeof DELETE_FLAGS>;

/** Snapshots and checkpoints. */
export class SnapshotsApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  async list(dom: DomainRef, filter: SnapshotFilter = {}, options?: CallOptions): Promise<readonly SnapshotRef[]> {
    const args = { dom, need_results: 1, flags: flagBits(LIST_FLAGS, filter) };
    return (await this.#rpc.call(DOMAIN_LIST_ALL_SNAPSHOTS, args, options)).snapshots;
  }

  /** For drivers without {@link SnapshotsApi.list} (ESX). */
  async listNames(dom: DomainRef, options?: CallOptions): Promise<readonly string[]> {
    const args = { dom, maxnames: LIST_MAX, flags: 0 };
    return (await this.#rpc.call(DOMAIN_SNAPSHOT_LIST_NAMES, args, options)).names;
  }

  async lookupByName(dom: DomainRef, name: string, options?: CallOptions): Promise<SnapshotRef> {
    return (await this.#rpc.call(DOMAIN_SNAPSHOT_LOOKUP_BY_NAME, { dom, name, flags: 0 }, options)).snap;
  }

  /** The snapshot's definition, without passwords. */
  async xml(snap: SnapshotRef, options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(DOMAIN_SNAPSHOT_GET_XML_DESC, { snap, flags: 0 }, options)).xml;
  }

  /** The snapshot the domain is at, `null` when there is none. */
  async current(dom: DomainRef, options?: CallOptions): Promise<SnapshotRef | null> {
    const { result } = await this.#rpc.call(DOMAIN_HAS_CURRENT_SNAPSHOT, { dom, flags: 0 }, options);
    return result ? (await this.#rpc.call(DOMAIN_SNAPSHOT_CURRENT, { dom, flags: 0 }, options)).snap : null;
  }

  /** VIR_ERR_NO_DOMAIN_SNAPSHOT for a root. */
  async parent(snap: SnapshotRef, options?: CallOptions): Promise<SnapshotRef> {
    return (await this.#rpc.call(DOMAIN_SNAPSHOT_GET_PARENT, { snap, flags: 0 }, options)).snap;
  }

  /** Makes a snapshot as `xml` says. Returns when it is done, which takes as long as writing memory does. */
  async create(
    dom: DomainRef,
    xml: string,
    create: SnapshotCreateOptions = {},
    options?: CallOptions,
  ): Promise<SnapshotRef> {
    const args = { dom, xml_desc: xml, flags: flagBits(CREATE_FLAGS, create) };
    return (await this.#rpc.call(DOMAIN_SNAPSHOT_CREATE_XML, args, long(options))).snap;
  }

  /** Throws away what happened since. Returns when it is done. */
  async revert(snap: SnapshotRef, revert: SnapshotRevertOptions = {}, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_REVERT_TO_SNAPSHOT, { snap, flags: flagBits(REVERT_FLAGS, revert) }, long(options));
  }

  /** Returns when it is gone. */
  async delete(snap: SnapshotRef, remove: SnapshotDeleteOptions = {}, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_SNAPSHOT_DELETE, { snap, flags: flagBits(DELETE_FLAGS, remove) }, long(options));
  }

  /** libvirt 5.6.0. */
  async checkpoints(
    dom: DomainRef,
    filter: CheckpointFilter = {},
    options?: CallOptions,
  ): Promise<readonly CheckpointRef[]> {
    const args = { dom, need_results: 1, flags: flagBits(CHECKPOINT_LIST_FLAGS, filter) };
    return (await this.#rpc.call(DOMAIN_LIST_ALL_CHECKPOINTS, args, options)).checkpoints;
  }

  /** The checkpoint's definition, without that of its domain. */
  async checkpointXml(checkpoint: CheckpointRef, options?: CallOptions): Promise<string> {
    const args = { checkpoint, flags: CHECKPOINT_WITHOUT_DOMAIN };
    return (await this.#rpc.call(DOMAIN_CHECKPOINT_GET_XML_DESC, args, options)).xml;
  }
}

function long(options: CallOptions | undefined): CallOptions {
  return { deadlineMs: LONG_MS, lane: 'bulk', ...options };
}
