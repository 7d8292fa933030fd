// SPDX-License-Identifier: Apache-2.0
// Which element of one document is which of the other: devices by what libvirt tells them apart by, others by name, and
// what has no name by its place.

import { settlePair } from './domain-noise.ts';
import { childAttribute, childOf, renderNode } from './diff-node.ts';
import type { DiffNode } from './diff-node.ts';

/** An element of both documents, or of one. `label` is how its parent's others are told from it: `vda`, `2`. */
export type Aligned =
  | {
      readonly kind: 'both';
      readonly label: string;
      readonly live: DiffNode;
      readonly config: DiffNode;
      /** In the order of the configuration; what it lacks stands behind what it follows in the running domain. */
      readonly children: readonly Aligned[];
    }
  | { readonly kind: 'live' | 'config'; readonly label: string; readonly node: DiffNode };

/** Longest table for a longest common subsequence; beyond it, elements are paired by place. */
const LCS_CELLS_MAX = 250_000;

/** Of these there are lists, in which each is called by its name; one alone is a list of one. */
const LISTED: ReadonlySet<string> = new Set(['feature', 'timer', 'entry', 'parameter', 'cookie']);

/** Pairs two elements and all below, after taking out noise; changes both. `parent` is the name of what holds them. */
export function align(live: DiffNode, config: DiffNode, parent = '', label = ''): Aligned {
  // What applications keep in the metadata is not libvirt's vocabulary.
  const isForeign = config.name === 'metadata' || parent === FOREIGN;
  if (!isForeign) settlePair(live, config, parent);
  return {
    kind: 'both',
    label,
    live,
    config,
    children: alignChildren(live, config, isForeign ? FOREIGN : config.name),
  };
}

/** Stands for the name of every element below `<metadata>`. */
const FOREIGN = ' ';

function alignChildren(live: DiffNode, config: DiffNode, parent: string): Aligned[] {
  // A device that is another one came or went; any other element that is alone of its name is the same, changed.
  const names = [live, config].map(({ children }) => countNames(children));
  const isAlone = (name: string): boolean => names.every((counts) => (counts.get(name) ?? 0) <= 1) && !LISTED.has(name);
  const keyIn = (node: DiffNode): string => (parent !== 'devices' && isAlone(node.name) ? '' : keyOf(node));
  const groups = new Map<string, { live: DiffNode[]; config: DiffNode[] }>();
  for (const side of ['live', 'config'] as const) {
    for (const child of (side === 'live' ? live : config).children) {
      const key = `${child.name} ${keyIn(child)}`;
      const group = groups.get(key) ?? { live: [], config: [] };
      group[side].push(child);
      groups.set(key, group);
    }
  }
  const partnerOf = new Map<DiffNode, DiffNode>();
  const labels = new Map<DiffNode, string>();
  for (const group of groups.values()) {
    for (const [from, to] of pair(group.live, group.config)) {
      partnerOf.set(from, to);
      partnerOf.set(to, from);
    }
    for (const nodes of [group.live, group.config]) {
      nodes.forEach((node, index) => {
        const place = Math.max(group.live.length, group.config.length) > 1 ? String(index + 1) : '';
        labels.set(node, [keyIn(node), place].filter((part) => part !== '').join(' '));
      });
    }
  }
  const labelOf = (node: DiffNode): string => labels.get(node) ?? '';

  // What only the running domain has, by the configuration's element it follows there.
  const followers = new Map<DiffNode | null, Aligned[]>();
  let anchor: DiffNode | null = null;
  for (const node of live.children) {
    const partner = partnerOf.get(node);
    if (partner !== undefined) {
      anchor = partner;
      continue;
    }
    const following = followers.get(anchor) ?? [];
    following.push({ kind: 'live', label: labelOf(node), node });
    followers.set(anchor, following);
  }
  return [
    ...(followers.get(null) ?? []),
    ...config.children.flatMap((node): Aligned[] => {
      const partner = partnerOf.get(node);
      const label = labelOf(node);
      const own: Aligned =
        partner === undefined ? { kind: 'config', label, node } : align(partner, node, parent, label);
      return [own, ...(followers.get(node) ?? [])];
    }),
  ];
}

function countNames(nodes: readonly DiffNode[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of nodes) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** What tells an element from its like; empty when only its place does. */
function keyOf(node: DiffNode): string {
  const { name, attributes } = node;
  const given = (...values: (string | undefined)[]): string => values.filter((value) => value !== undefined).join(' ');
  const alias = childAttribute(node, 'alias', 'name');
  if (alias !== undefined) return alias;
  switch (name) {
    case 'disk':
      return given(childAttribute(node, 'target', 'dev'));
    case 'filesystem':
      return given(childAttribute(node, 'target', 'dir'));
    case 'interface':
      return given(childAttribute(node, 'mac', 'address'));
    case 'controller':
      return given(attributes.get('type'), attributes.get('index'));
    case 'graphics':
    case 'audio':
      return given(attributes.get('type'));
    case 'input':
      return given(attributes.get('type'), attributes.get('bus'));
    case 'serial':
    case 'parallel':
    case 'console':
    case 'channel':
      return given(
        childAttribute(node, 'target', 'type'),
        childAttribute(node, 'target', 'name') ?? childAttribute(node, 'target', 'port'),
      );
    case 'hostdev':
      return given(attributes.get('type'), sourceOf(node));
    case 'seclabel':
      return given(attributes.get('model'));
    case 'vcpupin':
    case 'vcpu':
      return given(attributes.get('vcpu') ?? attributes.get('id'));
    case 'iothreadpin':
      return given(attributes.get('iothread'));
    case 'memnode':
      return given(attributes.get('cellid'));
    default:
      return given(attributes.get('name') ?? attributes.get('id'));
  }
}

function sourceOf(hostdev: DiffNode): string {
  const source = childOf(hostdev, 'source');
  const vendor = source === undefined ? undefined : childAttribute(source, 'vendor', 'id');
  if (vendor !== undefined && source !== undefined) return `${vendor}:${childAttribute(source, 'product', 'id') ?? ''}`;
  const address = childOf(source, 'address') ?? childOf(source, 'adapter');
  return [...(address?.attributes.values() ?? [])].join(':');
}

function pair(live: readonly DiffNode[], config: readonly DiffNode[]): [DiffNode, DiffNode][] {
  const isLarge = live.length * config.length > LCS_CELLS_MAX;
  if (live.length !== config.length && live.length > 0 && config.length > 0 && !isLarge) return pairAlike(live, config);
  return live.flatMap((node, index): [DiffNode, DiffNode][] => {
    const partner = config[index];
    return partner === undefined ? [] : [[node, partner]];
  });
}

/** The longest common subsequence of elements that are the same; the others came or went. */
function pairAlike(live: readonly DiffNode[], config: readonly DiffNode[]): [DiffNode, DiffNode][] {
  const [from, to] = [live, config].map((nodes) => nodes.map((node) => renderNode(node).join('\n')));
  const width = config.length + 1;
  const lengths = new Uint32Array((live.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = live.length - 1; i >= 0; i--) {
    for (let j = config.length - 1; j >= 0; j--) {
      lengths[i * width + j] = from?.[i] === to?.[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [DiffNode, DiffNode][] = [];
  for (let i = 0, j = 0; i < live.length && j < config.length;) {
    const [node, partner] = [live[i], config[j]];
    if (node !== undefined && partner !== undefined && from?.[i] === to?.[j]) {
      pairs.push([node, partner]);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}
