// SPDX-License-Identifier: Apache-2.0
// The configurations of Alloy and Loki against the keys these programs document: a misspelt one stops them at the start,
// and neither program is to be had for a test.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseAlloy } from './alloy-blocks.ts';
import type { AlloyBlock, AlloyValue } from './alloy-blocks.ts';

const ROOT = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What a block may have; `needs` is what it must. */
interface BlockSpec {
  readonly needs?: readonly string[];
  readonly allows?: readonly string[];
  readonly blocks?: readonly string[];
}

const STAGES = [
  'stage.json',
  'stage.timestamp',
  'stage.labels',
  'stage.match',
  'stage.label_drop',
  'stage.structured_metadata',
];

/** From Alloy's reference of components, as far as we use them. */
const BLOCKS: Readonly<Record<string, BlockSpec>> = {
  'loki.source.syslog': { needs: ['forward_to'], allows: ['relabel_rules'], blocks: ['listener'] },
  listener: {
    needs: ['address'],
    allows: ['protocol', 'labels', 'idle_timeout', 'max_message_length', 'syslog_format', 'use_incoming_timestamp'],
  },
  'loki.source.journal': {
    needs: ['forward_to'],
    allows: ['labels', 'matches', 'max_age', 'path', 'format_as_json', 'relabel_rules'],
  },
  'loki.process': { needs: ['forward_to'], blocks: STAGES },
  'stage.json': { needs: ['expressions'], allows: ['source', 'drop_malformed'] },
  'stage.timestamp': { needs: ['source', 'format'], allows: ['fallback_formats', 'location', 'action_on_failure'] },
  'stage.labels': { needs: ['values'] },
  'stage.match': { needs: ['selector'], allows: ['action', 'pipeline_name', 'drop_counter_reason'], blocks: STAGES },
  'stage.label_drop': { needs: ['values'] },
  'stage.structured_metadata': { needs: ['values'] },
  'loki.write': { allows: ['external_labels', 'max_streams'], blocks: ['endpoint'] },
  endpoint: { needs: ['url'], allows: ['tenant_id', 'headers', 'remote_timeout', 'bearer_token_file'] },
};

/** What is wrong with a block and those in it, one line each. */
function faults(block: AlloyBlock, path = block.name): string[] {
  const spec = BLOCKS[block.name];
  if (spec === undefined) return [`${path}: no such block`];
  const { needs = [], allows = [], blocks = [] } = spec;
  const given = [...block.attributes.keys()];
  return [
    ...needs.filter((key) => !given.includes(key)).map((key) => `${path}: ${key} is missing`),
    ...given.filter((key) => ![...needs, ...allows].includes(key)).map((key) => `${path}: no key ${key}`),
    ...block.blocks.filter(({ name }) => !blocks.includes(name)).map(({ name }) => `${path}: no block ${name} in it`),
    ...block.blocks.flatMap((inner) => faults(inner, `${path} > ${inner.name}`)),
  ];
}

function referencesIn(value: AlloyValue): string[] {
  if (typeof value === 'string') return [];
  if ('reference' in value) return [value.reference];
  return ('fields' in value ? [...value.fields.values()] : [...value]).flatMap(referencesIn);
}

function selectorsIn(block: AlloyBlock): string[] {
  const own = block.attributes.get('selector');
  return [...(typeof own === 'string' ? [own] : []), ...block.blocks.flatMap(selectorsIn)];
}

describe.each(['docker', 'journal'])('the configuration of Alloy with the source %s', (source) => {
  const folder = 'provisioning/alloy';
  const blocks = [`${folder}/vireo.alloy`, `${folder}/source-${source}.alloy`].flatMap((path) =>
    parseAlloy(read(path)),
  );

  it('has blocks and keys that Alloy has', () => {
    expect(blocks.flatMap((block) => faults(block))).toEqual([]);
  });

  it('leads every line from its source to Loki, through what is there', () => {
    const exported = blocks
      .filter(({ name }) => name === 'loki.process' || name === 'loki.write')
      .map(({ name, label = '' }) => `${name}.${label}.receiver`);
    const used = blocks.flatMap(({ attributes }) => [...attributes.values()].flatMap(referencesIn));
    expect(used.sort()).toEqual(exported.sort());
  });

  it('chooses lines by a selector of LogQL', () => {
    const selectors = blocks.flatMap(selectorsIn);
    expect(selectors).not.toHaveLength(0);
    for (const selector of selectors) expect(selector).toMatch(/^\{\w+="[^"]*"\}$/);
  });
});

it('no other file is in the folder of Alloy, which takes all of them', () => {
  const files = ['source-docker.alloy', 'source-journal.alloy', 'vireo.alloy'];
  expect(readdirSync(join(ROOT, 'provisioning/alloy')).sort()).toEqual(files);
});

it('a misspelt key, a missing one and a broken file of Alloy are told', () => {
  const wrong = parseAlloy('loki.write "x" { endpoint { uri = "http://loki" } stage.json { } }');
  expect(wrong.flatMap((block) => faults(block))).toEqual([
    'loki.write: no block stage.json in it',
    'loki.write > endpoint: url is missing',
    'loki.write > endpoint: no key uri',
    'loki.write > stage.json: expressions is missing',
  ]);
  expect(() => parseAlloy('loki.write "x" { endpoint { url = } }')).toThrow(SyntaxError);
  expect(() => parseAlloy('loki.write "x" { endpoint {')).toThrow(SyntaxError);
});

/** From Loki's reference of its configuration, as far as we use it: what a key holds, or what is below it. */
type LokiSpec = RegExp | { readonly [key: string]: LokiSpec } | readonly [LokiSpec];
const LOKI: LokiSpec = {
  auth_enabled: /^(true|false)$/,
  server: { http_listen_port: /^\d+$/, log_level: /^(debug|info|warn|error)$/ },
  common: {
    path_prefix: /^\/loki$/,
    replication_factor: /^1$/,
    ring: { instance_addr: /^127\.0\.0\.1$/, kvstore: { store: /^inmemory$/ } },
    storage: { filesystem: { chunks_directory: /^\/loki\//, rules_directory: /^\/loki\// } },
  },
  schema_config: {
    configs: [
      {
        from: /^\d{4}-\d\d-\d\d$/,
        store: /^tsdb$/,
        object_store: /^filesystem$/,
        schema: /^v13$/,
        // Any other period is refused with tsdb.
        index: { prefix: /^\w+$/, period: /^24h$/ },
      },
    ],
  },
  limits_config: { allow_structured_metadata: /^true$/, retention_period: /^\d+h$/ },
  // Without a store for deletions Loki refuses to start with retention.
  compactor: { working_directory: /^\/loki\//, retention_enabled: /^true$/, delete_request_store: /^filesystem$/ },
  analytics: { reporting_enabled: /^false$/ },
};

function lokiFaults(value: unknown, spec: LokiSpec, path = ''): string[] {
  if (spec instanceof RegExp) return spec.test(String(value)) ? [] : [`${path}: ${String(value)}`];
  if (Array.isArray(spec)) {
    if (!Array.isArray(value)) return [`${path}: no list`];
    return value.flatMap((item, index) =>
      lokiFaults(item, (spec as readonly [LokiSpec])[0], `${path}[${String(index)}]`),
    );
  }
  if (typeof value !== 'object' || value === null) return [`${path}: no mapping`];
  const table = spec as Readonly<Record<string, LokiSpec>>;
  const given = new Map<string, unknown>(Object.entries(value));
  return [
    ...Object.keys(table)
      .filter((key) => !given.has(key))
      .map((key) => `${path}.${key} is missing`),
    ...[...given].flatMap(([key, inner]) => {
      const below = table[key];
      return below === undefined ? [`${path}.${key}: no such key`] : lokiFaults(inner, below, `${path}.${key}`);
    }),
  ];
}

describe('the configuration of Loki', () => {
  // A date of YAML 1.1 would be an object.
  const config = parse(read('provisioning/loki/loki.yml'), { schema: 'core' }) as Readonly<Record<string, unknown>>;

  it('has keys and values that Loki has, all data below its volume', () => {
    expect(lokiFaults(config, LOKI)).toEqual([]);
    expect(read('docker-compose.yml')).toMatch(/^ {6}- loki:\/loki$/m);
  });

  it('is told from one with a misspelt key or without a store for deletions', () => {
    const wrong = { ...config, limit_config: {}, compactor: { working_directory: '/loki/c', retention_enabled: true } };
    expect(lokiFaults(wrong, LOKI)).toEqual([
      '.compactor.delete_request_store is missing',
      '.limit_config: no such key',
    ]);
  });
});
