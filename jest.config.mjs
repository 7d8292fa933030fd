// SPDX-License-Identifier: Apache-2.0
// One run of jest, three projects: unit (needs nothing but Node), integration and long (need the real daemons
// that test/run.mjs installs).

// A busy machine is no fault: the time of a test is what ends one that hangs, and measures nothing.
const shared = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/error-realm.cjs'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^@vireo/libvirt$': '<rootDir>/libvirt/src/index.ts',
    '^@vireo/libvirt/testing$': '<rootDir>/libvirt/src/testing/index.ts',
    '^@vireo/exporter/contract$': '<rootDir>/exporter/src/contract/index.ts',
  },
  // The plugin is a package of its own, with a jest of its own.
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/grafana-plugin/'],
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libvirt,exporter,dashboards}/src/**/*.test.ts', '<rootDir>/test/drift/**/*.test.ts'],
      testTimeout: 30_000,
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
      testTimeout: 120_000,
    },
    { ...shared, displayName: 'long', testMatch: ['<rootDir>/test/long/**/*.test.ts'] },
  ],
};
