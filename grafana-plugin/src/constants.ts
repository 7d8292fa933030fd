// SPDX-License-Identifier: Apache-2.0
// Names that plugin.json gives, for code that must stay small. A test holds them against plugin.json.

/** The app's id. */
export const PLUGIN_ID = 'vireo-libvirt-app';

/** Permissions that plugin.json defines, as Grafana names them. */
export const PERMISSIONS = {
  read: `${PLUGIN_ID}.domains:read`,
  operate: `${PLUGIN_ID}.domains:operate`,
  console: `${PLUGIN_ID}.console:open`,
} as const;
