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
  const facts = {
    instanceName: instance.child(qualified('name'))?.text,
    flavorName: instance.child(qualified('flavor'))?.attribute('name'),
    userName: user?.text,
    userId: user?.attribute('uuid'),
    projectName: project?.text,
    projectId: project?.attribute('uuid'),
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, value]) => {
      const trimmed = value?.trim() ?? '';
      return trimmed === '' ? [] : [[key, trimmed]];
    }),
  );
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
