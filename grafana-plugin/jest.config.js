// SPDX-License-Identifier: Apache-2.0
// The scaffold's, and what @grafana/* 13.2 and React 19 need besides.
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');

const esModules = ['@react-hookz/web', '@ver0/deep-equal', 'd3-.*', 'internmap', 'delaunator', 'robust-predicates'];

module.exports = {
  ...base,
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^@vireo/exporter/contract$': '<rootDir>/../exporter/src/contract/index.ts',
    '^(@monaco-editor/react|monaco-editor)$': '<rootDir>/src/testing/monaco.ts',
  },
  maxWorkers: 2,
  testTimeout: 60_000,
  transform: { '^.+\\.m?[tj]sx?$': base.transform['^.+\\.(t|j)sx?$'] },
  transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, ...esModules])],
};
