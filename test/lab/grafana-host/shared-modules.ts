// SPDX-License-Identifier: Apache-2.0
// The modules Grafana gives to plugins, under the names plugins ask for, and how plugins are loaded with them: SystemJS,
// as in Grafana. Source: grafana/grafana public/app/features/plugins/loader/{systemjs,sharedDependencies}.ts.
import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import i18next from 'i18next';
import lodash from 'lodash';
import moment from 'moment';
import * as React from 'react';
import * as jsxRuntime from 'react/jsx-runtime';
import * as ReactDom from 'react-dom';
import * as router from 'react-router';
import * as rxjs from 'rxjs';
// Last: its AMD extra defines `define`, which the UMD modules above would take for a loader.
import 'systemjs/dist/system.js';
import 'systemjs/dist/extras/amd.js';
import 'systemjs/dist/extras/named-register.js';

/** A CommonJS module as plugins' bundles expect one: by name and as default. */
function commonJs(module: object): System.Module {
  return { ...module, default: module, __useDefault: true };
}

const SHARED: Readonly<Record<string, System.Module>> = {
  '@emotion/css': emotionCss,
  '@emotion/react': emotionReact,
  '@grafana/data': grafanaData,
  '@grafana/runtime': grafanaRuntime,
  '@grafana/ui': grafanaUi,
  i18next: commonJs(i18next),
  lodash: commonJs(lodash),
  moment: commonJs(moment),
  react: commonJs(React),
  'react-dom': commonJs(ReactDom),
  'react-router': router,
  'react/jsx-runtime': jsxRuntime,
  rxjs,
};

/** Makes them known; before any plugin is loaded. */
export function shareModules(): void {
  const imports: Record<string, string> = {};
  for (const [name, module] of Object.entries(SHARED)) {
    imports[name] = `package:${name}`;
    System.set(`package:${name}`, module);
  }
  System.addImportMap({ imports });
}

/** Loads a plugin's module.js and gives what it exports. */
export async function importPlugin(path: string): Promise<System.Module> {
  const module = await System.import(`/public/plugins/${path}/module.js`);
  // A module with a top-level await comes as a promise of itself.
  const promised: unknown = module.default;
  return promised instanceof Promise ? ((await promised) as System.Module) : module;
}
