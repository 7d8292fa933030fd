// SPDX-License-Identifier: Apache-2.0
// Bundles grafana-host/ with the plugin's own copies of React and Grafana's packages, so that page and plugin share one.
import { build } from 'esbuild';
import { join } from 'node:path';
import { repositoryRoot } from './lab.ts';

/** What {@link buildGrafanaHost} made. */
export interface GrafanaHost {
  /** Of index.js, index.css and the chunks that index.js loads when they are needed. */
  readonly directory: string;
  /** The folder of @grafana/ui's icons. */
  readonly icons: string;
}

/** Bundles it into a directory; takes some seconds. The plugin's packages must be installed. */
export async function buildGrafanaHost(directory: string): Promise<GrafanaHost> {
  const root = repositoryRoot();
  const modules = join(root, 'grafana-plugin', 'node_modules');
  await build({
    entryPoints: [join(root, 'test', 'lab', 'grafana-host', 'index.tsx')],
    outdir: directory,
    bundle: true,
    // With chunks: Monaco is half of it, and only pages with XML load it.
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    logLevel: 'error',
    nodePaths: [modules],
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: {
      // The package's index exports the component, not what sets it; Grafana itself reaches it by its source.
      '@grafana/runtime/plugin-page': join(modules, '@grafana/runtime/dist/esm/components/PluginPage.mjs'),
      // A bridge to version 5, of which @grafana/ui uses only what version 6 has too.
      'react-router-dom-v5-compat': 'react-router-dom',
    },
    loader: { '.ttf': 'dataurl' },
  });
  return { directory, icons: join(modules, '@grafana', 'ui', 'dist', 'public', 'img', 'icons') };
}
