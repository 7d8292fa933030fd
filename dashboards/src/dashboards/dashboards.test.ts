// SPDX-License-Identifier: Apache-2.0
// The rules of grafana/dashboard-linter that fit, and ours; lint-exclusions.ts has those that do not, with the reason.

import { parser } from '@grafana/lezer-logql';
import { METRIC_FAMILIES } from '@vireo/exporter/contract';
import { ALERT_GROUPS } from '../alerts/alerts.ts';
import { DASHBOARDS } from './dashboards.ts';
import { buildDashboard } from './frame.ts';
import { dashboardQueries, interpolate, panelQueries, panelsOf } from './read-dashboard.ts';

const BUILT = DASHBOARDS.map((spec) => ({ uid: spec.uid, dashboard: buildDashboard(spec) }));
const PANELS = BUILT.flatMap(({ uid, dashboard }) =>
  panelsOf(dashboard).map((panel) => ({ uid, title: panel.title ?? '', panel })),
);
const QUERIES = BUILT.flatMap(({ uid, dashboard }) => dashboardQueries(dashboard).map((query) => ({ uid, ...query })));
const COUNTERS = METRIC_FAMILIES.filter(({ type }) => type === 'counter').map(({ name }) => name);

/** What stands before a counter. */
const OF_COUNTER = /(rate|increase)\($/;

describe.each(BUILT)('$uid', ({ uid, dashboard }) => {
  it('has a uid, title, tag, description, and cannot be edited in place', () => {
    expect(dashboard.uid).toBe(uid);
    expect(dashboard.title).toMatch(/^Vireo \/ [A-Z]/);
    expect(dashboard.tags).toEqual(['vireo']);
    expect(dashboard.description).toMatch(/\.$/);
    expect(dashboard.editable).toBe(false);
  });

  it('lets the data sources be chosen, and hosts after the time range changed', () => {
    const variables = dashboard.templating.list ?? [];
    expect(variables[0]).toMatchObject({ name: 'datasource', label: 'Data source', type: 'datasource' });
    expect(variables[1]).toMatchObject({ name: 'loki', type: 'datasource' });
    for (const variable of variables.slice(2)) {
      expect(variable).toMatchObject({ type: 'query', refresh: 2, datasource: { uid: '${datasource}' } });
    }
    const names = variables.map(({ name }) => name);
    const used = QUERIES.filter((query) => query.uid === uid).flatMap(({ expr }) =>
      [...expr.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name),
    );
    for (const name of used) expect(names).toContain(name);
    for (const name of names.slice(2)) expect(used).toContain(name);
  });

  it('links to the others, with time and variables', () => {
    expect(dashboard.links).toMatchObject([
      { type: 'dashboards', tags: ['vireo'], keepTime: true, includeVars: true },
      { type: 'link', title: 'App', url: expect.stringMatching(/^\/a\/vireo-libvirt-app\//) as string },
    ]);
  });

  it('has panels that fill the grid without lying on each other, each with an id of its own', () => {
    const all = dashboard.panels ?? [];
    const cells = new Set<string>();
    const ids = new Set<number>();
    for (const { id, gridPos } of all) {
      if (id === undefined || gridPos === undefined) throw new Error('a panel without id or place');
      expect(ids.has(id)).toBe(false);
      ids.add(id);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(cells.has(`${String(x)}/${String(y)}`)).toBe(false);
          cells.add(`${String(x)}/${String(y)}`);
        }
      }
    }
  });
});

describe('a panel', () => {
  it.each(PANELS)('$uid, $title: has title, description, unit, data source and queries', ({ panel }) => {
    expect(panel.title).toMatch(/^\S.*[^.]$/);
    expect(panel.description).toMatch(/\.$/);
    const defaults = panel.fieldConfig?.defaults;
    expect(defaults?.unit).toMatch(/^[a-zA-Z]+$/);
    const { uid, type } = panel.datasource ?? {};
    expect([uid, type]).toEqual(type === 'loki' ? ['${loki}', 'loki'] : ['${datasource}', 'prometheus']);
    expect(panelQueries(panel)).not.toHaveLength(0);
    for (const query of panelQueries(panel)) expect(query.source).toBe(type);
  });

  it('links only to dashboards that are there', () => {
    const urls = [...JSON.stringify(PANELS).matchAll(/"\/d\/([a-z-]+)/g)].map(([, uid]) => uid);
    expect(urls).not.toHaveLength(0);
    for (const uid of urls) expect(DASHBOARDS.map((spec) => spec.uid)).toContain(uid);
  });

  it('is told apart from the others of its dashboard by its title and row', () => {
    for (const { sections } of DASHBOARDS) {
      for (const { panels } of sections) {
        const titles = panels.map((panel) => panel.build().title);
        expect(new Set(titles).size).toBe(titles.length);
      }
    }
  });
});

describe('a query', () => {
  const promql = QUERIES.filter(({ source }) => source === 'prometheus');
  const logql = QUERIES.filter(({ source }) => source === 'loki');

  it.each(promql)('$uid, $panel: rates are over $__rate_interval, counters are rated', ({ expr }) => {
    for (const [, interval] of expr.matchAll(/(?:rate|increase)\([^[]*\[([^\]]*)\]/g)) {
      expect(interval).toBe('$__rate_interval');
    }
    for (const counter of COUNTERS) {
      let at = expr.search(new RegExp(`${counter}\\b`));
      while (at !== -1) {
        expect(expr.slice(0, at)).toMatch(OF_COUNTER);
        const next = expr.slice(at + 1).search(new RegExp(`${counter}\\b`));
        at = next === -1 ? -1 : at + 1 + next;
      }
    }
  });

  it.each(logql)('$uid, $panel: is LogQL, with few labels', ({ expr }) => {
    const tree = parser.parse(interpolate(expr));
    const errors: string[] = [];
    tree.iterate({
      enter: (node) => {
        if (node.type.isError) errors.push(`at ${String(node.from)}: ${expr}`);
      },
    });
    expect(errors).toEqual([]);
    const selector = /\{([^}]*)\}/.exec(expr)?.[1] ?? '';
    const labels = [...selector.matchAll(/(\w+)=~?"/g)].map(([, label]) => label);
    expect(labels[0]).toBe('service_name');
    for (const label of labels) expect(['service_name', 'host', 'event', 'level']).toContain(label);
  });

  it('of LogQL that is none is told', () => {
    let errors = 0;
    parser
      .parse('{service_name="vireo"} | json |')
      .iterate({ enter: (node) => void (errors += Number(node.type.isError)) });
    expect(errors).toBeGreaterThan(0);
  });
});

describe('the dashboard of an alert', () => {
  it.each(ALERT_GROUPS.flatMap(({ alerts }) => alerts))('$name: is there and has its variables', ({ dashboard }) => {
    const built = BUILT.find(({ uid }) => uid === dashboard.uid);
    const names = (built?.dashboard.templating.list ?? []).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...dashboard.variables]));
    expect(built).toBeDefined();
  });
});
