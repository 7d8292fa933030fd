// SPDX-License-Identifier: Apache-2.0
// The uids of the data sources that provisioning/grafana/datasources makes.

/** Prometheus. */
export const PROMETHEUS_UID = 'vireo-prometheus';
/** Loki. */
export const LOKI_UID = 'vireo-loki';
