// SPDX-License-Identifier: Apache-2.0
// Where the parts of a panel are loaded from. The build lays them beside module.js of the app; Grafana takes every panel for
// a plugin of its own, with a folder of its own.

import { PLUGIN_ID } from '../constants';

/**
 * The folder of the app, by the folder that a panel was loaded from: `…/vireo-libvirt-app/panels/NAME/`, or from the
 * same server `…/plugins/PANEL-ID/`; versions of Grafana differ.
 */
export function appPath(panelPath: string): string {
  return panelPath.replace(/\/panels\/[^/]+\/$/, '/').replace(/\/vireo-[0-9a-z]+-panel\/$/, `/${PLUGIN_ID}/`);
}
