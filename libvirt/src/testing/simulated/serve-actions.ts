// SPDX-License-Identifier: Apache-2.0
// What changes a domain: starting, stopping, suspending. States, refusals and the order of events are those of libvirtd
// 9.0.0 with QEMU 7.2, captured on 24 November 2026; which events precede the reply is theirs too. How a reboot or a
// power-off by the guest itself looks is read from libvirt's source.

import { VIR_DOMAIN_STATE as STATE } from '../../protocol/enums.ts';
import * as calls from '../../protocol/domain.ts';
import { DOMAIN_INJECT_NMI } from '../../protocol/domain-details.ts';
import { DaemonError, ERROR_FROM, daemonError } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import type { SimulatedDomain } from './domain.ts';
import * as happens from './domain-events.ts';
import type { SimulatedHost } from './host.ts';

/** virDomain*Reason, those these calls lead to. */
const RUNNING = { BOOTED: 1, RESTORED: 3, UNPAUSED: 5, WAKEUP: 8 } as const;
const PAUSED_USER = 1;
const SHUTOFF = { DESTROYED: 2, SAVED: 5 } as const;

const CREATE_PAUSED = 1;

/** Answers every call that changes a domain. */
export function serveActions(table: HandlerTable, host: SimulatedHost): void {
  table.on(calls.DOMAIN_CREATE, ({ dom }) => {
    create(host, host.domain(dom), 0);
    return {};
  });
  table.on(calls.DOMAIN_CREATE_WITH_FLAGS, ({ dom, flags }) => {
    const domain = host.domain(dom);
    create(host, domain, flags);
    return { dom: domain.ref };
  });
  table.on(calls.DOMAIN_DESTROY_FLAGS, ({ dom }, { afterReply }) => {
    const domain = host.domain(dom);
    requireActive(domain, ERROR_FROM.DOMAIN);
    host.emit(happens.shutdown(domain, happens.SHUTDOWN.HOST));
    domain.stop(SHUTOFF.DESTROYED);
    host.forgetIfGone(domain);
    const event = happens.stopped(domain, happens.STOPPED.DESTROYED);
    afterReply(() => {
      host.emit(event);
    });
    return {};
  });
  table.on(calls.DOMAIN_SUSPEND, async ({ dom }) => {
    const domain = await enter(host, dom, ERROR_FROM.DOMAIN, 'remoteDispatchDomainSuspend');
    if (domain.state === STATE.VIR_DOMAIN_PMSUSPENDED) throw invalid(ERROR_FROM.QEMU, 'domain is pmsuspended');
    if (domain.state === STATE.VIR_DOMAIN_PAUSED) return {};
    domain.become(STATE.VIR_DOMAIN_PAUSED, PAUSED_USER);
    host.emit(happens.suspended(domain, happens.SUSPENDED.PAUSED));
    return {};
  });
  table.on(calls.DOMAIN_RESUME, async ({ dom }) => {
    const domain = await enter(host, dom, ERROR_FROM.DOMAIN, 'remoteDispatchDomainResume');
    if (domain.state === STATE.VIR_DOMAIN_PMSUSPENDED) throw invalid(ERROR_FROM.QEMU, 'domain is pmsuspended');
    if (domain.state === STATE.VIR_DOMAIN_RUNNING) throw invalid(ERROR_FROM.QEMU, 'domain is already running');
    domain.become(STATE.VIR_DOMAIN_RUNNING, RUNNING.UNPAUSED);
    host.emit(happens.resumed(domain, happens.RESUMED.UNPAUSED));
    return {};
  });
  table.on(calls.DOMAIN_RESET, async ({ dom }, { afterReply }) => {
    const domain = await enter(host, dom, ERROR_FROM.DOMAIN, 'remoteDispatchDomainReset');
    const event = happens.rebooted(domain);
    host.emit(event);
    afterReply(() => {
      host.emit(event);
    });
    return {};
  });
  table.on(DOMAIN_INJECT_NMI, async ({ dom }) => {
    await enter(host, dom, ERROR_FROM.DOMAIN, 'remoteDispatchDomainInjectNMI');
    return {};
  });
  table.on(calls.DOMAIN_PM_WAKEUP, async ({ dom }) => {
    const domain = await enter(host, dom, ERROR_FROM.DOMAIN, 'remoteDispatchDomainPMWakeup');
    if (domain.state !== STATE.VIR_DOMAIN_PMSUSPENDED) throw invalid(ERROR_FROM.QEMU, 'domain is not pmsuspended');
    domain.become(STATE.VIR_DOMAIN_RUNNING, RUNNING.WAKEUP);
    host.emit(...happens.wokeUp(domain));
    return {};
  });
  serveRequests(table, host);
  serveManagedSave(table, host);
  table.on(calls.DOMAIN_SET_AUTOSTART, ({ dom, autostart }) => {
    const domain = host.domain(dom);
    if (!domain.persistent) throw invalid(ERROR_FROM.QEMU, 'cannot set autostart for transient domain');
    domain.autostart = autostart;
    return {};
  });
  table.on(calls.DOMAIN_UNDEFINE_FLAGS, ({ dom }) => {
    const domain = host.domain(dom);
    if (!domain.persistent) throw invalid(ERROR_FROM.QEMU, 'cannot undefine transient domain');
    host.undefine(domain);
    return {};
  });
}

/** Requests to the guest return at once; what comes of them is the guest's affair. */
function serveRequests(table: HandlerTable, host: SimulatedHost): void {
  const ask = (domain: SimulatedDomain, outcome: () => void): void => {
    const id = domain.id;
    if (domain.spec.obedience === 'ignores') return;
    host.later(host.guestMs, () => {
      // A paused guest does nothing; one that was started anew was not asked.
      if (domain.id === id && domain.state === STATE.VIR_DOMAIN_RUNNING) outcome();
    });
  };
  table.on(calls.DOMAIN_SHUTDOWN_FLAGS, async ({ dom }) => {
    const domain = await enter(host, dom, ERROR_FROM.QEMU, 'remoteDispatchDomainShutdownFlags');
    domain.rebootPending = false;
    ask(domain, () => {
      host.poweredOff(domain);
    });
    return {};
  });
  table.on(calls.DOMAIN_REBOOT, async ({ dom }) => {
    const domain = await enter(host, dom, ERROR_FROM.DOMAIN, 'remoteDispatchDomainReboot');
    domain.rebootPending = true;
    ask(domain, () => {
      host.rebooted(domain);
    });
    return {};
  });
}

function serveManagedSave(table: HandlerTable, host: SimulatedHost): void {
  table.on(calls.DOMAIN_MANAGED_SAVE, async ({ dom }, { afterReply }) => {
    const domain = await enter(host, dom, ERROR_FROM.DOMAIN, 'remoteDispatchDomainManagedSave');
    if (!domain.persistent) throw invalid(ERROR_FROM.QEMU, 'cannot do managed save for transient domain');
    domain.become(STATE.VIR_DOMAIN_PAUSED, 3);
    host.emit(
      happens.suspended(domain, happens.SUSPENDED.PAUSED),
      happens.migrationIteration(domain, 1),
      happens.migrationIteration(domain, 2),
      happens.jobCompleted(domain, [
        { field: 'operation', type: 'int', value: 2 },
        { field: 'time_elapsed', type: 'ullong', value: 850n },
      ]),
    );
    domain.stop(SHUTOFF.SAVED);
    domain.managedSave = true;
    const event = happens.stopped(domain, happens.STOPPED.SAVED);
    afterReply(() => {
      host.emit(event);
    });
    return {};
  });
  table.on(calls.DOMAIN_HAS_MANAGED_SAVE_IMAGE, ({ dom }) => ({ result: host.domain(dom).managedSave }));
  table.on(calls.DOMAIN_MANAGED_SAVE_REMOVE, ({ dom }) => {
    const domain = host.domain(dom);
    if (!domain.managedSave) throw noSaveFile(domain);
    domain.managedSave = false;
    return {};
  });
}

/** Starts a domain; `flags` as virDomainCreateWithFlags. */
export function create(host: SimulatedHost, domain: SimulatedDomain, flags: number): void {
  if (domain.isActive) throw invalid(ERROR_FROM.QEMU, 'domain is already running');
  const paused = (flags & CREATE_PAUSED) !== 0;
  if (domain.managedSave) {
    domain.managedSave = false;
    domain.boot(host.takeId(), STATE.VIR_DOMAIN_RUNNING, RUNNING.RESTORED);
    host.emit(
      happens.started(domain, happens.STARTED.RESTORED),
      happens.resumed(domain, happens.RESUMED.FROM_SNAPSHOT),
    );
  } else if (paused) {
    domain.boot(host.takeId(), STATE.VIR_DOMAIN_PAUSED, PAUSED_USER);
    host.emit(happens.started(domain, happens.STARTED.BOOTED), happens.suspended(domain, happens.SUSPENDED.PAUSED));
  } else {
    domain.boot(host.takeId(), STATE.VIR_DOMAIN_RUNNING, RUNNING.BOOTED);
    host.emit(happens.resumed(domain, happens.RESUMED.UNPAUSED), happens.started(domain, happens.STARTED.BOOTED));
  }
}

/** Waits for the domain's lock, and for its QEMU. `from` is the part of libvirt that says it is not running. */
async function enter(
  host: SimulatedHost,
  dom: { readonly name: string; readonly uuid: string },
  from: number,
  api: string,
): Promise<SimulatedDomain> {
  const domain = host.domain(dom);
  requireActive(domain, from);
  if (!(await domain.monitor.enter(api, host.jobWaitMs))) {
    const holder = `(held by monitor=${domain.monitor.hold?.api ?? api})`;
    throw daemonError('OPERATION_TIMEOUT', ERROR_FROM.NONE, `cannot acquire state change lock ${holder}`);
  }
  requireActive(domain, from);
  return domain;
}

function requireActive(domain: SimulatedDomain, from: number): void {
  if (!domain.isActive) throw invalid(from, 'domain is not running');
}

function invalid(from: number, detail: string): DaemonError {
  return daemonError('OPERATION_INVALID', from, detail);
}

/** An errno in int1: the one error here that has one. */
function noSaveFile(domain: SimulatedDomain): DaemonError {
  const path = `/var/lib/libvirt/qemu/save/${domain.spec.name}.save`;
  const message = `Failed to remove managed save file '${path}': No such file or directory`;
  return new DaemonError({ code: 38, domain: ERROR_FROM.QEMU, message, str1: '%s', str2: message, int1: 2 });
}
