// SPDX-License-Identifier: Apache-2.0
// What a read-only connection may not do, and the function libvirt names when it refuses.
// @see libvirt src/libvirt-domain.c and its like: virCheckReadOnlyGoto

import * as actions from '../protocol/domain.ts';
import * as details from '../protocol/domain-details.ts';
import { STORAGE_POOL_REFRESH } from '../protocol/storage.ts';

/** By procedure number. */
export const REFUSED_READ_ONLY: ReadonlyMap<number, string> = new Map(
  (
    [
      [actions.DOMAIN_CREATE, 'virDomainCreate'],
      [actions.DOMAIN_CREATE_WITH_FLAGS, 'virDomainCreateWithFlags'],
      [actions.DOMAIN_CREATE_XML, 'virDomainCreateXML'],
      [actions.DOMAIN_DEFINE_XML_FLAGS, 'virDomainDefineXMLFlags'],
      [actions.DOMAIN_UNDEFINE_FLAGS, 'virDomainUndefineFlags'],
      [actions.DOMAIN_SHUTDOWN_FLAGS, 'virDomainShutdownFlags'],
      [actions.DOMAIN_REBOOT, 'virDomainReboot'],
      [actions.DOMAIN_RESET, 'virDomainReset'],
      [actions.DOMAIN_DESTROY_FLAGS, 'virDomainDestroyFlags'],
      [actions.DOMAIN_SUSPEND, 'virDomainSuspend'],
      [actions.DOMAIN_RESUME, 'virDomainResume'],
      [actions.DOMAIN_PM_SUSPEND_FOR_DURATION, 'virDomainPMSuspendForDuration'],
      [actions.DOMAIN_PM_WAKEUP, 'virDomainPMWakeup'],
      [actions.DOMAIN_MANAGED_SAVE, 'virDomainManagedSave'],
      [actions.DOMAIN_MANAGED_SAVE_REMOVE, 'virDomainManagedSaveRemove'],
      [actions.DOMAIN_SET_AUTOSTART, 'virDomainSetAutostart'],
      [details.DOMAIN_INJECT_NMI, 'virDomainInjectNMI'],
      [details.DOMAIN_SCREENSHOT, 'virDomainScreenshot'],
      [details.DOMAIN_OPEN_CONSOLE, 'virDomainOpenConsole'],
      [details.DOMAIN_GET_GUEST_INFO, 'virDomainGetGuestInfo'],
      [details.DOMAIN_SET_MEMORY_STATS_PERIOD, 'virDomainSetMemoryStatsPeriod'],
      [details.DOMAIN_ABORT_JOB, 'virDomainAbortJob'],
      [STORAGE_POOL_REFRESH, 'virStoragePoolRefresh'],
    ] as const
  ).map(([procedure, apiFunction]) => [procedure.number, apiFunction]),
);
