// SPDX-License-Identifier: Apache-2.0
// The door of @vireo/libvirt/testing: a daemon without libvirt, for tests and demonstrations.

export { DaemonError, ERROR_FROM, daemonError } from './daemon-error.ts';
export type { DaemonErrorName } from './daemon-error.ts';
export { startDemoFleet } from './demo-fleet.ts';
export type { DemoFleet, DemoFleetSize } from './demo-fleet.ts';
export { hostEvent } from './events.ts';
export type { EventFamily, HostEvent } from './events.ts';
export { FakeDaemon } from './fake-daemon.ts';
export type { FakeDaemonOptions } from './fake-daemon.ts';
export type { FakeSession } from './fake-session.ts';
export type { FakeStream, StreamEnd } from './fake-stream.ts';
export type { Fault, FaultRule } from './faults.ts';
export { NEVER } from './handlers.ts';
export type { CallContext, Handler } from './handlers.ts';
export { simulatedFleet } from './simulated/fleet.ts';
export type { FleetOptions } from './simulated/fleet.ts';
export { SimulatedHost } from './simulated/host.ts';
export type { SimulationOptions } from './simulated/host.ts';
export type { SimulatedDomain } from './simulated/domain.ts';
export type { DiskSpec, DomainSpec, HostSpec, NetworkSpec, NicSpec, NovaSpec, PoolSpec } from './simulated/spec.ts';
