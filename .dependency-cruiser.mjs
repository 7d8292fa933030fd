// SPDX-License-Identifier: Apache-2.0
// The arrows between rooms, as ARCHITECTURE.md draws them. A room may import what is listed for it and its own files.

const LIBVIRT = {
  xdr: [],
  protocol: ['xdr'],
  rpc: ['xdr', 'protocol'],
  transport: [],
  auth: ['rpc', 'protocol'],
  api: ['rpc', 'protocol'],
};

const EXPORTER = {
  contract: [],
  config: ['contract', 'xml'],
  auth: ['contract', 'config'],
  web: ['contract', 'config'],
  xml: ['contract'],
  hosts: ['contract', 'xml'],
  actions: ['contract', 'hosts', 'xml'],
  metrics: ['contract', 'hosts', 'xml'],
  console: ['contract', 'hosts', 'xml'],
  http: ['contract', 'config', 'auth', 'actions', 'console', 'hosts', 'metrics', 'web', 'xml'],
};

/** Files at a package's root that a room may use besides. */
const LIBVIRT_ROOT = {
  rpc: ['errors'],
  protocol: ['errors'],
  transport: ['errors', 'uri'],
  auth: ['errors', 'uri'],
  api: ['errors'],
};

function arrows(workspace, rooms, root = {}) {
  return Object.entries(rooms).map(([room, allowed]) => {
    const reach = [room, ...allowed].map((name) => `${name}/`);
    const files = (root[room] ?? []).map((name) => `${name}\\.ts$`);
    return {
      name: `${workspace}-${room}`,
      comment: `${workspace}/src/${room} may import ${allowed.join(', ') || 'nothing'} of its package`,
      severity: 'error',
      from: { path: `^${workspace}/src/${room}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${workspace}/src/`, pathNot: `^${workspace}/src/(${[...reach, ...files].join('|')})` },
    };
  });
}

/** One room alone uses this dependency. */
function only(dependency, room) {
  return {
    name: `only-${dependency}`,
    severity: 'error',
    from: { path: '^exporter/src/', pathNot: `^exporter/src/${room}` },
    to: { path: `node_modules/${dependency}/` },
  };
}

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...arrows('libvirt', LIBVIRT, LIBVIRT_ROOT),
    ...arrows('exporter', EXPORTER),
    {
      name: 'libvirt-depends-on-nothing',
      severity: 'error',
      from: { path: '^libvirt/src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'unknown'] },
    },
    {
      name: 'dashboards-know-only-the-contract',
      severity: 'error',
      from: { path: '^dashboards/src/' },
      to: { path: '^(exporter|libvirt)/', pathNot: '^exporter/(src|dist)/contract/index\\.' },
    },
    only('fast-xml-parser', 'xml/'),
    only('prom-client', 'metrics/'),
    only('bcrypt', 'web/'),
    only('express', 'http/'),
    only('ws', 'http/'),
    only('pino', '(main|app|change-log)'),
    only('yaml', 'config/'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
