// SPDX-License-Identifier: Apache-2.0
// Families of Vireo about itself: per host from the snapshot, and of the process.

import type { FactSpec } from './metric-family.ts';

/** How Vireo gets on with a host; rendered from its snapshot. */
export const VIREO_HOST_FACTS = {
  vireo_host_info: {
    type: 'info',
    labels: ['host', 'simulated'],
    what: 'The configured hosts, always 1; simulated is true for a member of the demo fleet',
    from: 'configuration of Vireo',
  },
  vireo_host_connection_state: {
    type: 'stateset',
    labels: ['host', 'state'],
    what: 'Where the connection to the host stands: connecting, up or lost',
    from: 'state of the control connection',
  },
  vireo_host_connection_error_info: {
    type: 'info',
    labels: ['host', 'code'],
    what: 'Why the connection is lost, always 1; absent while it is not',
    from: 'error of the control connection',
  },
  vireo_host_snapshot_timestamp_seconds: {
    type: 'gauge',
    labels: ['host'],
    what: 'When the newest snapshot of the host was put on this page',
    from: 'clock of Vireo',
  },
  vireo_host_series: {
    type: 'gauge',
    labels: ['host'],
    what: 'Number of series this page has of the host, this one not counted',
    from: 'encoder of Vireo',
  },
  vireo_host_filtered_domains: {
    type: 'gauge',
    labels: ['host'],
    what: 'Domains of the host that the configuration leaves out',
    from: 'inventory of Vireo',
  },
  vireo_host_unlabelled_objects: {
    type: 'gauge',
    labels: ['host'],
    what: 'Domains, devices and pools left out because they have no name, or the name of another one',
    from: 'encoder of Vireo',
  },
  vireo_poll_duration_seconds: {
    type: 'gauge',
    labels: ['host', 'group'],
    what: 'How long the last run of this part of the poll took',
    from: 'poller of Vireo',
  },
  vireo_poll_success: {
    type: 'gauge',
    labels: ['host', 'group'],
    what: 'Whether the last run of this part of the poll succeeded, 1 or 0',
    from: 'poller of Vireo',
  },
  vireo_poll_last_success_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'group'],
    what: 'When this part of the poll last succeeded',
    from: 'poller of Vireo',
  },
} as const satisfies Record<string, FactSpec>;

/** The process; kept in metrics/self-metrics.ts. */
export const VIREO_PROCESS_FACTS = {
  vireo_build_info: {
    type: 'info',
    labels: ['version', 'node_version'],
    what: 'Version of Vireo and of the Node.js it runs on, always 1',
    from: 'package of Vireo',
  },
  vireo_rpc_calls_total: {
    type: 'counter',
    labels: ['host', 'procedure', 'outcome'],
    what: 'libvirt calls by procedure and outcome: ok, error, timeout, aborted or closed',
    from: 'RPC client of Vireo',
  },
  vireo_rpc_call_seconds_total: {
    type: 'counter',
    labels: ['host', 'procedure'],
    what: 'Time libvirt calls took, waiting for a free slot included',
    from: 'RPC client of Vireo',
  },
  vireo_host_reconnects_total: {
    type: 'counter',
    labels: ['host'],
    what: 'How often the connection to the host was made again after it had been lost',
    from: 'host supervisor of Vireo',
  },
  vireo_host_undecodable_events_total: {
    type: 'counter',
    labels: ['host'],
    what: 'Events of libvirt that could not be read and were left out; what they told is found by the polls',
    from: 'RPC client of Vireo',
  },
  vireo_host_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'certificate'],
    what: 'Until when a certificate of the newest TLS connection to the host is good: daemon, client or authority',
    from: 'TLS transport of Vireo',
  },
  vireo_web_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    labels: ['certificate'],
    what: 'Until when a certificate Vireo serves with is good, the first to expire of its file: server or client_authority',
    from: 'web configuration of Vireo',
  },
  vireo_auth_refusals_total: {
    type: 'counter',
    labels: ['method', 'reason'],
    what: 'Requests refused because nobody knows whose they are, by method (token, grafana_identity or password) and reason; and connections refused for their client_certificate',
    from: 'access control of Vireo',
  },
  vireo_actions_total: {
    type: 'counter',
    labels: ['action', 'result'],
    what: 'Requests for actions by how they ended: refused, succeeded, failed, timed_out, cancelled or unknown',
    from: 'action API of Vireo',
  },
  vireo_console_sessions: {
    type: 'gauge',
    labels: [],
    what: 'Console sessions, those that wait for their domain included',
    from: 'consoles of Vireo',
  },
  vireo_console_tickets_total: {
    type: 'counter',
    labels: ['mode'],
    what: 'Tickets issued for consoles by mode: control or view',
    from: 'consoles of Vireo',
  },
  vireo_console_rejections_total: {
    type: 'counter',
    labels: ['reason'],
    what: 'Refused requests for consoles by reason: origin, no-ticket, ticket-unknown, ticket-expired, ticket-used or too-many',
    from: 'consoles of Vireo',
  },
  vireo_console_ends_total: {
    type: 'counter',
    labels: ['kind', 'end'],
    what: 'Console sessions that ended, by kind (vnc or serial) and how, as docs/consoles.md lists it',
    from: 'consoles of Vireo',
  },
  vireo_console_bytes_total: {
    type: 'counter',
    labels: ['direction'],
    what: 'Bytes of ended console sessions by direction: to_client or from_client',
    from: 'consoles of Vireo',
  },
  vireo_event_loop_lag_seconds: {
    type: 'gauge',
    labels: ['statistic'],
    what: 'How late the event loop ran in the last finished window of at least 5 seconds: p50, p90, p99 and max',
    from: 'perf_hooks.monitorEventLoopDelay of Node.js',
  },
  vireo_scrapes_total: {
    type: 'counter',
    labels: ['encoding'],
    what: 'Answers made for scrapes by content encoding',
    from: 'metrics page of Vireo',
  },
  vireo_scrape_seconds_total: {
    type: 'counter',
    labels: ['encoding'],
    what: 'Time spent to make the answers for scrapes, sending not included',
    from: 'metrics page of Vireo',
  },
  vireo_scrape_bytes_total: {
    type: 'counter',
    labels: ['encoding'],
    what: 'Size of the answers made for scrapes, as sent',
    from: 'metrics page of Vireo',
  },
} as const satisfies Record<string, FactSpec>;
