// SPDX-License-Identifier: Apache-2.0
// The scaffold's, and what @grafana/* 13.2 and React 19 need besides. Grafana 13.0 and 13.1 give a plugin React 18, so every
// page and panel is rendered with that too.
process.env.TZ = 'UTC';

const base = require('./.config/jest.config');
const { grafanaESModules, nodeModulesToTransform } = require('./.config/jest/utils');

const esModules = ['@react-hookz/web', '@ver0/deep-equal', 'd3-.*', 'internmap', 'delaunator', 'robust-predicates'];

const project = {
  ...base,
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^@vireo/exporter/contract$': '<rootDir>/../exporter/src/contract/index.ts',
    '^(@monaco-editor/react|monaco-editor)$': '<rootDir>/src/testing/monaco.ts',
  },
  transform: { '^.+\\.m?[tj]sx?$': base.transform['^.+\\.(t|j)sx?$'] },
  transformIgnorePatterns: [nodeModulesToTransform([...grafanaESModules, ...esModules])],
};

module.exports = {
  maxWorkers: 2,
  testTimeout: 60_000,
  projects: [
    { ...project, displayName: 'react-19', globals: { REACT_MAJOR: 19 } },
    {
      ...project,
      displayName: 'react-18',
      globals: { REACT_MAJOR: 18 },
      moduleNameMapper: {
        ...project.moduleNameMapper,
        '^react$': '<rootDir>/node_modules/react-18',
        '^react/(.*)$': '<rootDir>/node_modules/react-18/$1',
        '^react-dom$': '<rootDir>/node_modules/react-dom-18',
        '^react-dom/(.*)$': '<rootDir>/node_modules/react-dom-18/$1',
      },
      testMatch: ['<rootDir>/src/pages/pages.test.tsx', '<rootDir>/src/panels/live.test.tsx'],
    },
  ],
};
