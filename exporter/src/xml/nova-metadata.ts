// SPDX-License-Identifier: Apache-2.0
// What OpenStack Nova writes into a domain's <metadata> (nova/virt/libvirt/config.py: LibvirtConfigGuestMetaNovaInstance).
// Found by its namespace, so any prefix, or none, will do.

import type { XmlElement } from './parse-xml.ts';

/** Nova's names for a domain; each absent when Nova did not write it. */
export interface NovaMetadata {
  readonly instanceName?: string;
  readonly flavorName?: string;
  readonly userName?: string;
  readonly userId?: string;
  readonly projectName?: string;
  readonly projectId?: string;
  /** What the root disk was made of: `image` or `volume`. */
  readonly rootType?: string;
  readonly rootId?: string;
  /** Milliseconds since the epoch when Nova wrote this: it does anew at a hard reboot or a move. */
  readonly createdAt?: number;
}

/** 1.0 until OpenStack Victoria, 1.1 since. */
const NOVA_NAMESPACE = /^http:\/\/openstack\.org\/xmlns\/libvirt\/nova\/1\.\d+$/;

/** Reads Nova's part of a `<domain>`'s metadata; `undefined` when there is none. */
export function readNovaMetadata(domain: XmlElement): NovaMetadata | undefined {
  const metadata = domain.child('metadata');
  const instance = metadata?.elements.find((element) => {
    const { prefix, localName } = split(element.name);
    if (localName !== 'instance') return false;
    const declaration = prefix === '' ? 'xmlns' : `xmlns:${prefix}`;
    const namespace = [element, metadata, domain].map((scope) => scope.attribute(declaration)).find(isDefined);
    return namespace !== undefined && NOVA_NAMESPACE.test(namespace);
  });
  if (instance === undefined) return undefined;

  const { prefix } = split(instance.name);
  const qualified = (name: string): string => (prefix === '' ? name : `${prefix}:${name}`);
  const owner = instance.child(qualified('owner'));
  const user = owner?.child(qualified('user'));
  const project = owner?.child(qualified('project'));
  const root = instance.child(qualified('root'));
  const facts = {
    instanceName: instance.child(qualified('name'))?.text,
    flavorName: instance.child(qualified('flavor'))?.attribute('name'),
    userName: user?.text,
    userId: user?.attribute('uuid'),
    projectName: project?.text,
    projectId: project?.attribute('uuid'),
    rootType: root?.attribute('type'),
    rootId: root?.attribute('uuid'),
  };
  const texts = Object.fromEntries(
    Object.entries(facts).flatMap(([key, value]) => {
      const trimmed = value?.trim() ?? '';
      return trimmed === '' ? [] : [[key, trimmed]];
    }),
  );
  const createdAt = timeOf(instance.child(qualified('creationTime'))?.text.trim() ?? '');
  return createdAt === undefined ? texts : { ...texts, createdAt };
}

/** Nova writes `2026-03-01 10:11:12`, and means UTC. */
function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const at = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? undefined : at;
}

function split(name: string): { prefix: string; localName: string } {
  const colon = name.indexOf(':');
  return colon === -1
    ? { prefix: '', localName: name }
    : { prefix: name.slice(0, colon), localName: name.slice(colon + 1) };
}

function isDefined(value: string | undefined): value is string {
  return value !== undefined;
}
