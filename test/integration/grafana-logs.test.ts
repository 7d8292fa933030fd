// SPDX-License-Identifier: Apache-2.0
// The lab's stand-in for Loki, on the queries that dashboards and the app ask.
import { parseLogQuery } from '../lab/grafana-logs.ts';

const FIELDS = { service_name: 'vireo', host: 'kvm1', event: 'action.succeeded', level: 'info', domain: 'web-1' };
const LINE = JSON.stringify(FIELDS);

test.each([
  ['{service_name="vireo"}', true],
  ['{service_name="vireo", event=~"action.+"} | domain="web-1"', true],
  ['{service_name="vireo",event=~"action"}', false],
  ['{service_name="vireo", host=~"kvm1|kvm2"} |= "web-1" | json | level!="error"', true],
  ['{service_name="vireo"} |= `web-2`', false],
  ['{service_name="vireo"} != "web-1"', false],
  ['{service_name="vireo"} |~ "web-[12]" !~ "web-3"', true],
  ['{service_name="vireo"} | domain=~"web-.*" and host!="kvm1"', false],
  ['{service_name="vireo"} | domain="web-1" | event="action.succeeded"', true],
  // A selector knows labels only.
  ['{service_name="vireo", domain="web-1"}', false],
])('%s: %s', (query, expected) => {
  expect(parseLogQuery(query)(FIELDS, LINE)).toBe(expected);
});

test.each([
  'vireo',
  '{service_name=vireo}',
  'count_over_time({service_name="vireo"}[5m])',
  '{a="b"} | line_format "x"',
])('%s is refused', (query) => {
  expect(() => parseLogQuery(query)).toThrow('parse error');
});
