// SPDX-License-Identifier: Apache-2.0
// The page that loads a built app plugin in a browser as Grafana does, without Grafana. Order matters: what
// @grafana/runtime must know comes before the plugin, and the shared modules are copied when they are shared.
import { AppPlugin, EventBusSrv, createTheme } from '@grafana/data';
import {
  FakeEchoSrv,
  config,
  locationService,
  setAppEvents,
  setBackendSrv,
  setCurrentUser,
  setEchoSrv,
  setLocationSrv,
  setPluginComponentHook,
  setPluginComponentsHook,
  setPluginFunctionsHook,
  setPluginImportUtils,
  setPluginLinksHook,
  setReturnToPreviousHook,
} from '@grafana/runtime';
import type { BackendSrv } from '@grafana/runtime';
import { setPluginPage } from '@grafana/runtime/plugin-page';
import { createRoot } from 'react-dom/client';
import { backendSrv } from './backend-srv.ts';
import { bootData } from './boot-data.ts';
import { provideDataSources } from './data-source-srv.ts';
import { PluginPage, Page } from './page.tsx';
import { getPanelPluginFromCache, importPanelPlugin, registerStandards } from './panels.tsx';
import { importPlugin, shareModules } from './shared-modules.ts';

const { lab, user } = bootData;

function provideServices(): void {
  registerStandards();
  setCurrentUser(user);
  setBackendSrv(backendSrv as BackendSrv);
  setAppEvents(new EventBusSrv());
  setEchoSrv(new FakeEchoSrv());
  setLocationSrv(locationService);
  setPluginImportUtils({ importPanelPlugin, getPanelPluginFromCache });
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPluginComponentsHook(() => ({ components: [], isLoading: false }));
  setPluginComponentHook(() => ({ component: null, isLoading: false }));
  setPluginFunctionsHook(() => ({ functions: [], isLoading: false }));
  setReturnToPreviousHook(() => () => undefined);
  setPluginPage(PluginPage);
  provideDataSources();
}

async function start(): Promise<void> {
  const theme = new URLSearchParams(location.search).get('theme') === 'light' ? 'light' : 'dark';
  config.theme2 = createTheme({ colors: { mode: theme } });
  provideServices();
  shareModules();
  const { plugin } = await importPlugin(lab.plugin.id);
  if (!(plugin instanceof AppPlugin)) throw new Error('module.js exports no app plugin');
  plugin.meta = lab.plugin;
  plugin.init(lab.plugin);
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no root');
  createRoot(root).render(<Page plugin={plugin} />);
}

start().catch((error: unknown) => {
  document.body.textContent = `The lab could not start the app: ${String(error)}`;
  throw error;
});
