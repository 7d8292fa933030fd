// SPDX-License-Identifier: Apache-2.0
// What the scaffold in .config/ (never edited) lacks: the exporter's contract, and the images of nested panels.

import CopyWebpackPlugin from 'copy-webpack-plugin';
import path from 'path';
import type { Configuration } from 'webpack';
import { merge } from 'webpack-merge';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config';

const contract = path.resolve(process.cwd(), '../exporter/src/contract');

const config = async (env: Env): Promise<Configuration> =>
  merge(await grafanaConfig(env), {
    // Tables only: what a chunk doesn't use of them stays out of it.
    module: { rules: [{ include: contract, sideEffects: false }] },
    plugins: [
      new CopyWebpackPlugin({
        patterns: [{ from: 'panels/*/img/*', to: '[path][name][ext]', noErrorOnMissing: true }],
      }),
    ],
    resolve: { alias: { '@vireo/exporter/contract$': path.join(contract, 'index.ts') } },
  });

export default config;
