// SPDX-License-Identifier: Apache-2.0
// One run of jest, three projects: unit (needs nothing but Node), integration and long (need the real daemons
// that test/run.mjs installs).

const shared = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/error-realm.cjs'],
  // The option testTimeout does nothing in a project.
  setupFilesAfterEnv: ['<rootDir>/test/time-limit.cjs'],
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
    },
    { ...shared, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...shared, displayName: 'long', testMatch: ['<rootDir>/test/long/**/*.test.ts'] },
  ],
};
