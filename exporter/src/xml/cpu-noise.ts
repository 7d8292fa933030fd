// SPDX-License-Identifier: Apache-2.0
// A running domain's <cpu> is what QEMU made of the configured one: `host-model` has become a model with features, and
// features that the model brings are listed. What was asked for cannot be told from what came of it any more (libvirt
// shows it with MIGRATABLE only, which holds secrets), so a change from host-model to the very model it had become is
// not seen; a change of the model, the topology, NUMA or a named feature is.

import { childOf } from './diff-node.ts';
import type { DiffNode } from './diff-node.ts';

/** What describes the model; topology, numa, cache and the like are settings and stay. */
const MODEL_PARTS: ReadonlySet<string> = new Set(['model', 'vendor', 'feature']);
const MODEL_ATTRIBUTES = ['mode', 'match', 'check'] as const;

/** Takes out of a pair of `<cpu>` what differs without a change. */
export function settleCpu(live: DiffNode, config: DiffNode): void {
  const mode = config.attributes.get('mode') ?? 'custom';
  const liveMode = live.attributes.get('mode') ?? 'custom';
  const model = childOf(config, 'model');
  const isExpanded =
    (mode !== liveMode && liveMode === 'custom' && mode === 'host-model') ||
    config.attributes.get('match') === 'minimum' ||
    (mode === 'custom' && model === undefined);
  if (isExpanded) {
    for (const attribute of MODEL_ATTRIBUTES) copyAttribute(config, live, attribute);
    for (const attribute of live.attributes.keys()) {
      if (!config.attributes.has(attribute)) live.attributes.delete(attribute);
    }
    const settings = live.children.filter(({ name }) => !MODEL_PARTS.has(name));
    live.children = [...config.children.filter(({ name }) => MODEL_PARTS.has(name)), ...settings];
    return;
  }
  if (mode !== 'custom' || liveMode !== 'custom') return;
  // QEMU was asked what it really gives, so all three say "exactly this".
  for (const attribute of ['match', 'check'] as const) copyAttribute(config, live, attribute);
  const liveModel = childOf(live, 'model');
  if (model !== undefined && liveModel !== undefined) copyAttribute(model, liveModel, 'fallback');
  settleFeatures(live, config);
}

function settleFeatures(live: DiffNode, config: DiffNode): void {
  const configured = new Map(
    config.children.filter(({ name }) => name === 'feature').map((feature) => [nameOf(feature), policyOf(feature)]),
  );
  const hasVendor = childOf(config, 'vendor') !== undefined;
  live.children = live.children.filter(
    (child) => (child.name !== 'feature' || configured.has(nameOf(child))) && (child.name !== 'vendor' || hasVendor),
  );
  for (const feature of live.children.filter(({ name }) => name === 'feature')) {
    const policy = configured.get(nameOf(feature)) ?? '';
    const given = policyOf(feature);
    // `optional` becomes what it came to; `force` and `require` are one to a guest, and so are `disable` and `forbid`.
    const isSame =
      policy === 'optional' ||
      (policy === 'force' && given === 'require') ||
      (policy === 'forbid' && given === 'disable');
    if (isSame) feature.attributes.set('policy', policy);
  }
  // A feature that came to nothing is not listed.
  const listed = new Set(live.children.filter(({ name }) => name === 'feature').map(nameOf));
  config.children = config.children.filter(
    (child) => child.name !== 'feature' || policyOf(child) !== 'optional' || listed.has(nameOf(child)),
  );
}

function copyAttribute(from: DiffNode, to: DiffNode, name: string): void {
  const value = from.attributes.get(name);
  if (value === undefined) to.attributes.delete(name);
  else to.attributes.set(name, value);
}

function nameOf(feature: DiffNode): string {
  return feature.attributes.get('name') ?? '';
}

function policyOf(feature: DiffNode): string {
  return feature.attributes.get('policy') ?? 'require';
}
