// SPDX-License-Identifier: Apache-2.0

import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { DEFAULT_GROUPS } from '../contract/groups.ts';
import { ConfigError } from './config-error.ts';
import { loadConfig } from './load.ts';

const TESTDATA = join(__dirname, 'testdata');

function problemsOf(argv: readonly string[], env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    loadConfig(argv, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vireo-config-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Writes a configuration file and returns its path. */
function file(text: string, name = 'vireo.yml'): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe('a configuration file that breaks a rule', () => {
  const names = readdirSync(TESTDATA).filter((name) => name.startsWith('invalid-'));

  it.each(names)('is refused with one line a problem: %s', (name) => {
    const path = join(TESTDATA, name);
    const text = readFileSync(path, 'utf8');
    const expected = [...text.matchAll(/^# expect: (.*)$/gm)].map((match) => match[1]);
    expect(expected.length).toBeGreaterThan(0);
    const problems = problemsOf(['--config.file', path], { VIREO_TEST_PASSWORD: 'hunter2' });
    expect(problems.every((problem) => problem.startsWith(`${path}:`))).toBe(true);
    const relative = problems.map((problem) =>
      problem
        .slice(path.length + 1)
        .trim()
        .replaceAll(TESTDATA, 'DIR'),
    );
    expect(relative).toEqual(expected);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('is refused when it is not there, a directory, too large, or no text', () => {
    expect(problemsOf([`--config.file=${join(directory, 'no.yml')}`])).toEqual([
      `${join(directory, 'no.yml')}: no such file; create it or correct the path`,
    ]);
    expect(problemsOf([`--config.file=${directory}`])).toEqual([`${directory}: is a directory; name a file`]);
    const large = file(`# ${'x'.repeat(5 * 1024 * 1024)}`);
    expect(problemsOf([`--config.file=${large}`])[0]).toContain('larger than');
    writeFileSync(large, Buffer.from([0xff, 0xfe, 0x00]));
    expect(problemsOf([`--config.file=${large}`])).toEqual([`${large}: is not UTF-8 text`]);
  });

  it('tells at most 50 problems, and how many more there are', () => {
    const path = file(Array.from({ length: 60 }, (_, i) => `key${String(i)}: 1`).join('\n'));
    const problems = problemsOf(['--config.file', path]);
    expect(problems).toHaveLength(51);
    expect(problems[50]).toBe('... and 10 more problems');
  });

  it('tells problems of the command line and the file together', () => {
    const path = file('log: { level: loud }');
    expect(problemsOf(['--config.file', path, '--log.level=lout', '--web.listen-address=x'])).toEqual([
      `${path}:1:8: log.level: "loud" is not allowed; must be one of trace, debug, info, warn, error, fatal`,
      '--web.listen-address: "x" is no address; write HOST:PORT, [IPv6]:PORT or :PORT',
      '--log.level: "lout" is not allowed; must be one of trace, debug, info, warn, error, fatal',
    ]);
  });
});

describe('the configuration', () => {
  it('is all defaults when nothing is given', () => {
    expect(loadConfig([], {})).toEqual({
      hosts: [],
      poll: {
        intervalSeconds: 5,
        statisticsDeadlineSeconds: 2,
        chunkDomains: 16,
        staleAfterPolls: 3,
        detailsIntervalSeconds: 60,
        maxInFlight: 4,
      },
      watching: { groups: DEFAULT_GROUPS, domains: { include: [], exclude: [] }, inactiveSeries: true },
      metadata: [],
      web: { listenAddresses: [{ host: '127.0.0.1', port: 9177 }] },
      api: {
        readOnly: false,
        tokens: [],
        rateLimit: { requestsPerMinutePerToken: 600, failuresPerMinutePerAddress: 10 },
        trustedProxies: [],
      },
      console: {
        allowedOrigins: [],
        sessionsPerDomain: 4,
        sessionsPerUser: 10,
        sessions: 100,
        longestSessionSeconds: 28_800,
        directAccess: false,
        tls: { caFile: '/etc/pki/CA/cacert.pem' },
      },
      log: { level: 'info' },
      demo: false,
      warnings: [],
    });
  });

  it('is all defaults for an empty file', () => {
    const path = file('# nothing yet\n');
    expect(loadConfig(['--config.file', path], {})).toEqual({ ...loadConfig([], {}), file: path });
  });

  it('is read whole from a file', () => {
    const path = file(`
hosts:
  - { name: kvm1, uri: "qemu+ssh://root@kvm1/system" }
  - { name: "Zürich 2", uri: "qemu:///system", console: { via: direct, address: "10.0.0.2", tlsServerName: zh2 } }
console:
  publicUrl: "https://ops.example/vireo/"
  allowedOrigins: ["https://grafana.example"]
  sessionsPerDomain: 1
  sessionsPerUser: 2
  sessions: 3
  longestSessionSeconds: 60
  directAccess: true
  tls: { caFile: ca.pem, certificateFile: /c.pem, keyFile: /k.pem }
poll: { intervalSeconds: 10, statisticsDeadlineSeconds: 4, chunkDomains: 8, staleAfterPolls: 2, detailsIntervalSeconds: 120, maxInFlight: 3 }
web: { listenAddresses: [":9177", "[::1]:9178", "localhost:0"] }
api:
  readOnly: true
  tokens:
    - { name: all, sha256: "${'AB'.repeat(32)}", privileges: [read, xml, read] }
    - { name: some, sha256: "${'cd'.repeat(32)}", privileges: [power], hosts: ["kvm?"], domains: ["web-*", "db"], requireIdentity: false }
  grafana: { url: "https://grafana.example/g/", requireIdentity: true, audience: "org:1" }
  rateLimit: { requestsPerMinutePerToken: 60, failuresPerMinutePerAddress: 5 }
  trustedProxies: ["10.0.0.0/8", "::1"]
log: { level: debug }
`);
    expect(loadConfig(['--config.file', path], {})).toEqual({
      hosts: [
        { name: 'kvm1', uri: 'qemu+ssh://root@kvm1/system' },
        {
          name: 'Zürich 2',
          uri: 'qemu:///system',
          console: { via: 'direct', address: '10.0.0.2', tlsServerName: 'zh2' },
        },
      ],
      poll: {
        intervalSeconds: 10,
        statisticsDeadlineSeconds: 4,
        chunkDomains: 8,
        staleAfterPolls: 2,
        detailsIntervalSeconds: 120,
        maxInFlight: 3,
      },
      watching: { groups: DEFAULT_GROUPS, domains: { include: [], exclude: [] }, inactiveSeries: true },
      metadata: [],
      web: { listenAddresses: [{ port: 9177 }, { host: '::1', port: 9178 }, { host: 'localhost', port: 0 }] },
      api: {
        readOnly: true,
        tokens: [
          {
            name: 'all',
            sha256: 'ab'.repeat(32),
            privileges: ['read', 'xml'],
            hosts: ['*'],
            domains: ['*'],
            requireIdentity: true,
          },
          {
            name: 'some',
            sha256: 'cd'.repeat(32),
            privileges: ['power'],
            hosts: ['kvm?'],
            domains: ['web-*', 'db'],
            requireIdentity: false,
          },
        ],
        grafana: {
          url: 'https://grafana.example/g/',
          jwksUrl: 'https://grafana.example/g/api/signing-keys/keys',
          issuer: 'https://grafana.example/g/',
          audience: 'org:1',
        },
        rateLimit: { requestsPerMinutePerToken: 60, failuresPerMinutePerAddress: 5 },
        trustedProxies: ['10.0.0.0/8', '::1'],
      },
      console: {
        publicUrl: 'https://ops.example/vireo/',
        allowedOrigins: ['https://grafana.example'],
        sessionsPerDomain: 1,
        sessionsPerUser: 2,
        sessions: 3,
        longestSessionSeconds: 60,
        directAccess: true,
        tls: { caFile: join(directory, 'ca.pem'), certificateFile: '/c.pem', keyFile: '/k.pem' },
      },
      log: { level: 'debug' },
      file: path,
      demo: false,
      warnings: [],
    });
  });

  it('takes a flag before its variable, that before the file, that before the default', () => {
    const path = file('log: { level: error }');
    const env = { VIREO_CONFIG_FILE: path };
    expect(loadConfig([], env).log.level).toBe('error');
    expect(loadConfig([], { ...env, VIREO_LOG_LEVEL: 'warn' }).log.level).toBe('warn');
    expect(loadConfig(['--log.level', 'fatal'], { ...env, VIREO_LOG_LEVEL: 'warn' }).log.level).toBe('fatal');
    expect(loadConfig([], { ...env, VIREO_LOG_LEVEL: '' }).log.level).toBe('error');
  });

  it('names the variable when its value is wrong', () => {
    expect(problemsOf([], { VIREO_LOG_LEVEL: 'degub' })).toEqual([
      'VIREO_LOG_LEVEL: "degub" is not allowed; must be one of trace, debug, info, warn, error, fatal; did you mean debug?',
    ]);
    expect(problemsOf([], { VIREO_LIBVIRT_URI: 'qemu:///system qemu+tls://u:hunter2@h/system' })).toEqual([
      'VIREO_LIBVIRT_URI: a password does not belong in a URI; use credentials with password_file or password_env',
    ]);
  });

  it('warns of a variable that is misspelt, not of those Kubernetes makes', () => {
    const env = {
      VIREO_LIBVIRT_URL: 'qemu:///system',
      VIREO_SERVICE_HOST: '10.0.0.1',
      VIREO_PORT: 'tcp://10.0.0.1:9177',
    };
    expect(loadConfig([], env).warnings).toEqual([
      'VIREO_LIBVIRT_URL: unknown variable, ignored; did you mean VIREO_LIBVIRT_URI?',
    ]);
  });

  it('shortens the default deadline to a shorter interval', () => {
    const { poll } = loadConfig(['--config.file', file('poll: { intervalSeconds: 1 }')], {});
    expect(poll.statisticsDeadlineSeconds).toBe(1);
  });
});

describe('what is watched', () => {
  it('is said by flags first, then by the host, then by the file', () => {
    const path = file(`
groups: { kvm: true, dirtyrate: true, perf: false }
domains: { exclude: [{ name: "test-*" }] }
hosts:
  - { name: kvm1, uri: "qemu:///system" }
  - name: kvm2
    uri: qemu+tls://kvm2/system
    groups: { dirtyrate: false, iothread: false }
    domains: { include: [{ name: "web-*", uuid: "6695EB01-F6A4-8304-79AA-97F2502E193F" }] }
`);
    const { hosts, watching } = loadConfig(['--config.file', path, '--groups.off=kvm'], { VIREO_GROUPS_ON: 'agent' });
    const ofAll = new Set([...DEFAULT_GROUPS, 'dirtyrate', 'agent']);
    ofAll.delete('perf');
    expect(watching).toEqual({
      groups: ofAll,
      domains: { include: [], exclude: [{ name: 'test-*' }] },
      inactiveSeries: true,
    });
    expect(hosts[0]?.watching).toBeUndefined();
    const ofKvm2 = new Set(ofAll);
    ofKvm2.delete('dirtyrate');
    ofKvm2.delete('iothread');
    expect(hosts[1]?.watching).toEqual({
      groups: ofKvm2,
      domains: { include: [{ name: 'web-*', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' }], exclude: [] },
      inactiveSeries: true,
    });
  });

  it('may be no series of inactive domains, which a host may want all the same', () => {
    const path = file(`
domains: { inactiveSeries: false, exclude: [{ name: "test-*" }] }
hosts: [{ name: kvm1, uri: "qemu:///system" }, { name: kvm2, uri: "test:///default", domains: { exclude: [] } }]
`);
    const { hosts, watching } = loadConfig(['--config.file', path], {});
    expect(watching.inactiveSeries).toBe(false);
    expect(hosts[1]?.watching?.inactiveSeries).toBe(true);
  });

  it('is said by metadata too, and a path that is none is refused where it stands', () => {
    const path = file(`
domains: { include: [{ metadata: { xpath: "/domain/metadata/s:tier", namespaces: { s: "urn:s" }, value: "gold*" } }] }
hosts: [{ name: kvm1, uri: "qemu:///system", domains: { exclude: [{ metadata: { xpath: "//s:tier" } }] } }]
`);
    expect(problemsOf(['--config.file', path])).toEqual([
      expect.stringMatching(
        /:3:\d+: hosts\[0\]\.domains\.exclude\[0\]\.metadata\.xpath: "\/\/s:tier" is not understood: the prefix s is not in namespaces$/,
      ),
    ]);
    const right = file('domains: { include: [{ name: "w*", metadata: { xpath: "//tier", value: "gold*" } }] }');
    expect(loadConfig(['--config.file', right], {}).watching.domains.include).toEqual([
      { name: 'w*', metadata: { xpath: '//tier', value: 'gold*' } },
    ]);
  });

  it('refuses groups that do not exist, and one that is both on and off', () => {
    const [unknown] = problemsOf(['--groups.on=snapshots']);
    expect(unknown).toContain(
      '--groups.on: "snapshots" is no group; did you mean snapshot? the groups are host, numa,',
    );
    expect(problemsOf(['--groups.on=kvm', '--groups.off=kvm'])).toEqual([
      '--groups.on: kvm is also named by --groups.off; keep one',
    ]);
  });
});

describe('hosts given by URI', () => {
  it('replace those of the file', () => {
    const path = file('hosts: [{ name: kvm1, uri: "qemu:///system" }]');
    expect(loadConfig(['--config.file', path, '--libvirt.uri=qemu+tls://kvm2/system'], {}).hosts).toEqual([
      { name: 'kvm2', uri: 'qemu+tls://kvm2/system' },
    ]);
    expect(loadConfig([], { VIREO_CONFIG_FILE: path, VIREO_LIBVIRT_URI: ' qemu:///a  qemu+tls://b/ ' }).hosts).toEqual([
      { name: hostname(), uri: 'qemu:///a' },
      { name: 'b', uri: 'qemu+tls://b/' },
    ]);
  });

  it('get the driver, then a number, behind a name that is taken, with a warning', () => {
    const config = loadConfig(
      ['--libvirt.uri=qemu+tls://h/system', '--libvirt.uri', 'lxc+tls://h/system', '--libvirt.uri=lxc+tls://h/session'],
      {},
    );
    expect(config.hosts.map((host) => host.name)).toEqual(['h', 'h-lxc', 'h-lxc-2']);
    expect(config.warnings).toEqual([
      '--libvirt.uri: lxc+tls://h/system is called "h-lxc" as "h" is taken; to choose names list hosts in a file',
      '--libvirt.uri: lxc+tls://h/session is called "h-lxc-2" as "h" is taken; to choose names list hosts in a file',
    ]);
  });

  it('are refused when one is given twice', () => {
    expect(problemsOf(['--libvirt.uri=qemu:///system', '--libvirt.uri=qemu:///system'])).toEqual([
      '--libvirt.uri: qemu:///system is given twice; keep one',
    ]);
  });
});

describe('credentials', () => {
  const hosts = (credentials: string): string =>
    file(`hosts: [{ name: kvm1, uri: "qemu+tcp://kvm1/system", credentials: ${credentials} }]`);

  it('read the password from a file beside the configuration, without its last newline', () => {
    const password = file(' pass word \n', 'password');
    chmodSync(password, 0o600);
    const config = loadConfig(['--config.file', hosts('{ username: vireo, password_file: password }')], {});
    expect(config.hosts[0]?.credentials?.username).toBe('vireo');
    expect(config.hosts[0]?.credentials?.password.reveal()).toBe(' pass word ');
    expect(config.warnings).toEqual([]);
  });

  it('read the password from a variable', () => {
    const path = hosts('{ username: vireo, password_env: LIBVIRT_PW }');
    const config = loadConfig(['--config.file', path], { LIBVIRT_PW: 'hunter2' });
    expect(config.hosts[0]?.credentials?.password.reveal()).toBe('hunter2');
  });

  it('warn of a password file that everybody can read', () => {
    const password = file('hunter2', 'password');
    chmodSync(password, 0o644);
    const path = hosts('{ username: vireo, password_file: password }');
    const { warnings } = loadConfig(['--config.file', path], {});
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${password}: everybody on this machine can read it; run chmod o-rwx on it`);
  });

  it('show no password when a configuration is printed', () => {
    const path = hosts('{ username: vireo, password_env: LIBVIRT_PW }');
    const config = loadConfig(['--config.file', path], { LIBVIRT_PW: 'hunter2' });
    const password = config.hosts[0]?.credentials?.password;
    expect([JSON.stringify(config), inspect(config, { depth: 9 }), String(password)].join()).not.toContain('hunter2');
  });
});

it('takes what a daemon opens as it is, with the daemon beside it', () => {
  const path = file(`
hosts:
  - { name: esx1, uri: "esx://root@esx1.example/?no_verify=1", via: "qemu:///system" }
  - { name: esx2, uri: "vpx://vc.example/dc/cluster/esx2", via: "qemu+ssh://root@kvm1/system", console: { via: "off" } }
  - { name: box1, uri: "vbox:///session", via: "remote+ssh://ann@box1/session" }
  - { name: box2, uri: "vbox:///session", via: "remote+ssh://ann@box2/session" }
`);
  const { hosts, warnings } = loadConfig(['--config.file', path], {});
  expect(hosts).toEqual([
    { name: 'esx1', uri: 'esx://root@esx1.example/?no_verify=1', via: 'qemu:///system' },
    {
      name: 'esx2',
      uri: 'vpx://vc.example/dc/cluster/esx2',
      via: 'qemu+ssh://root@kvm1/system',
      console: { via: 'off' },
    },
    { name: 'box1', uri: 'vbox:///session', via: 'remote+ssh://ann@box1/session' },
    { name: 'box2', uri: 'vbox:///session', via: 'remote+ssh://ann@box2/session' },
  ]);
  expect(warnings).toEqual([]);
});

it.each([
  ['qemu+tls://kvm1/system?no_verify=1', true],
  ['qemu+ssh://root@kvm1/system?no_verify=1', true],
  ['qemu+ssh://root@kvm1/system?known_hosts_verify=ignore', true],
  ['qemu+ssh://root@kvm1/system?known_hosts_verify=auto', false],
  ['qemu+tls://kvm1/system', false],
  // What is not verified there is a socket of this machine.
  ['qemu:///system?no_verify=1', false],
])('warns of a daemon that nobody verifies: %s', (uri, isWarned) => {
  const path = file(`hosts: [{ name: a, uri: '${uri}' }]`);
  const warning = expect.stringContaining('anybody may be at the other end') as unknown;
  for (const argv of [
    ['--config.file', path],
    ['--libvirt.uri', uri],
  ]) {
    expect(loadConfig(argv, {}).warnings).toEqual(isWarned ? [warning] : []);
  }
});

it('warns of one URI under two names', () => {
  const path = file('hosts: [{ name: a, uri: "qemu:///system" }, { name: b, uri: "qemu:///system" }]');
  expect(loadConfig(['--config.file', path], {}).warnings).toEqual([
    `${path}:1:56: hosts[1].uri: the same URI as hosts[0]: its domains are polled twice`,
  ]);
});

it('reads where labels of the metadata are', () => {
  const path = file(`
metadata:
  - { label: owner, xpath: "/domain/metadata/app:owner/@name", namespaces: { app: "urn:app" } }
`);
  const { metadata } = loadConfig(['--config.file', path], {});
  expect(metadata.map(({ label, path: { steps, attribute } }) => [label, steps.length, attribute])).toEqual([
    ['owner', 3, { local: 'name', namespace: '' }],
  ]);
});
