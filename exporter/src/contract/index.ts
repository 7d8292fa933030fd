// SPDX-License-Identifier: Apache-2.0
// The door of the contract: what dashboards, the plugin and the docs may know of the exporter.

export { ACTION_IDS, ACTIONS, isActionId, requiredPrivileges, SHUTDOWN_MODES } from './actions.ts';
export type { ActionId, ActionOptions, ActionSpec, ShutdownMode } from './actions.ts';
export type {
  ActionRequest,
  BulkRequest,
  BulkResult,
  ChangeEvent,
  DomainBrief,
  DomainFull,
  DomainList,
  DomainSort,
  HostBrief,
  HostFull,
  HostList,
  SnapshotList,
  Task,
  TaskEvent,
  TaskList,
  TokenFacts,
  XmlDiff,
} from './api.ts';
export type { ConsoleTicket } from './console.ts';
export { DRIVER_NAMES, driverLacks } from './driver-calls.ts';
export { driverSpec } from './drivers.ts';
export { CONTROL_STATES, DOMAIN_STATES, JOB_TYPES, libvirtNumber, STORAGE_POOL_STATES } from './libvirt-states.ts';
export type { KnownDomainState } from './libvirt-states.ts';
export { DEFAULT_GROUPS, GROUPS, METRIC_GROUPS } from './groups.ts';
export type { GroupSpec, MetricGroup } from './groups.ts';
export { INOVEX_RENAMES } from './inovex-renames.ts';
export type { InovexRename } from './inovex-renames.ts';
export { SCALES } from './metric-family.ts';
export type { MetricFamily, MetricSource, MetricType, PeerNames, Scale, StatisticGroup } from './metric-family.ts';
export { isPrivilege, PRIVILEGE_DOCS, PRIVILEGES } from './privileges.ts';
export type { Privilege, PrivilegeDoc } from './privileges.ts';
export { isProblemCode, PROBLEMS } from './problems.ts';
export type { ProblemCode, ProblemDoc } from './problems.ts';
export { CONSOLE_REFUSAL_CODES, CONSOLE_REFUSALS, REFUSAL_CODES, REFUSALS } from './refusals.ts';
export type { ConsoleRefusalCode, RefusalCode } from './refusals.ts';
export { namesInStep, stepLine, TASK_STEP_CODES, TASK_STEPS } from './task-steps.ts';
export type { TaskStepCode } from './task-steps.ts';
export { isFinal, TASK_STATES } from './tasks.ts';
export type { TaskState, TaskStep } from './tasks.ts';
export { METRIC_FAMILIES, PROCESS_SECTION, SNAPSHOT_SECTIONS } from './metrics.ts';
export type { FactName, MetricSection, ProcessMetricName } from './metrics.ts';
